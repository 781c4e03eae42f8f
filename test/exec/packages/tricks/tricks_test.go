// Package tricks ends in every way in which tests end.
package tricks

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Those that have come to the send.
func senders() int {
	stacks := make([]byte, 1<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), " [chan send")
}

// A busy machine may take its time to run what was started.
func leak() {
	results, before := make(chan int), senders()
	go func() { results <- 1 }()
	for senders() == before {
		time.Sleep(time.Millisecond)
	}
}

func TestMain(m *testing.M) {
	if os.Getenv("TRICK") == "main" {
		leak()
	}
	status := m.Run()
	if os.Getenv("TRICK") == "second" {
		go func() {
			time.Sleep(500 * time.Millisecond)
			os.Exit(5)
		}()
	}
	os.Exit(status)
}

func TestPass(t *testing.T) {
	fmt.Println("on standard output")
	fmt.Fprintln(os.Stderr, "on the other")
}
func TestFail(t *testing.T) { t.Error("as it should") }
func TestLeak(t *testing.T) { leak() }
func TestLeaks(t *testing.T) {
	for i := 0; i < 20; i++ {
		leak()
	}
}
func TestLeft(t *testing.T) { go time.Sleep(time.Minute) }

var never = make(chan int)

func TestCrowd(t *testing.T) {
	for i := 0; i < 1200; i++ {
		go func() { <-never }()
	}
}

// What is made ready last, and with one processor never runs again.
func TestReady(t *testing.T) {
	done := make(chan int)
	go func() { <-done }()
	time.Sleep(10 * time.Millisecond)
	close(done)
}

func TestBrief(t *testing.T) {
	for i := 0; i < 200; i++ {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			go time.Sleep(5 * time.Millisecond)
			time.Sleep(5 * time.Millisecond)
		})
	}
}

func TestNotify(t *testing.T) {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGUSR1)
}
func TestPanic(t *testing.T)    { panic("as it should") }
func TestCrash(t *testing.T)    { syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} }
func TestAbort(t *testing.T)    { syscall.Kill(os.Getpid(), syscall.SIGABRT); select {} }
func TestExit(t *testing.T)     { os.Exit(7) }
func TestExitWell(t *testing.T) { leak(); os.Exit(0) }
func TestHang(t *testing.T)     { <-make(chan int) }

func TestFatal(t *testing.T) {
	leak()
	t.FailNow()
}

// From now on only who may trace everything may look at it.
func TestUndumpable(t *testing.T) {
	leak()
	if _, _, no := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_DUMPABLE, 0, 0); no != 0 {
		t.Fatal(no)
	}
}

// What is inherited from whoever starts a test.
func TestInherited(t *testing.T) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name, _ := os.Readlink("/proc/self/fd/" + entry.Name())
		if strings.HasPrefix(name, "pipe:") {
			name = "pipe"
		}
		fmt.Println("descriptor", entry.Name(), name)
	}
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		for _, key := range []string{"SigIgn:", "SigBlk:", "TracerPid:", "NoNewPrivs:", "Seccomp:"} {
			if strings.HasPrefix(line, key) {
				fmt.Println(line)
			}
		}
	}
	adjusted, _ := os.ReadFile("/proc/self/oom_score_adj")
	limits, _ := os.ReadFile("/proc/self/limits")
	fmt.Printf("%s%s", adjusted, limits)
	fmt.Println(os.Getwd())
	fmt.Println(os.Args[1:], len(os.Environ()), syscall.Getpgrp() == syscall.Getpid())
}

// Nothing that the program starts is looked at, and nothing of dowse is in it.
func TestChildren(t *testing.T) {
	if os.Getenv("TRICK") == "child" {
		maps, _ := os.ReadFile("/proc/self/maps")
		if strings.Contains(string(maps), "memfd:dowse") {
			fmt.Println("dowse is mapped")
		}
		leak()
		os.Exit(5)
	}
	for i := 0; i < 20; i++ {
		command := exec.Command(os.Args[0], "-test.run=^TestChildren$")
		command.Env = append(os.Environ(), "TRICK=child")
		output, err := command.CombinedOutput()
		if code := command.ProcessState.ExitCode(); code != 5 || strings.Contains(string(output), "dowse is") {
			t.Fatal(code, err, string(output))
		}
	}
}

// A test that traces its children itself.
func TestTrace(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	command := exec.Command("/bin/true")
	command.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err == nil {
		t.Fatal("it was to stop")
	}
	if err := syscall.PtraceCont(command.Process.Pid, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := syscall.Wait4(command.Process.Pid, nil, 0, nil); err != nil {
		t.Fatal(err)
	}
}

// Another program takes the place of this one.
func TestReplace(t *testing.T) {
	if err := syscall.Exec("/bin/echo", []string{"echo", "replaced"}, os.Environ()); err != nil {
		t.Fatal(err)
	}
}

func TestSignals(t *testing.T) {
	received := make(chan os.Signal, 8)
	signal.Notify(received, syscall.SIGINT, syscall.SIGTERM, syscall.SIGUSR1)
	fmt.Println("ready")
	for {
		select {
		case number := <-received:
			fmt.Println("got", number)
			if number == syscall.SIGTERM {
				return
			}
		case <-time.After(time.Minute):
			t.Fatal("nothing came")
		}
	}
}

// What comes once is told once: a second one would be told within the time.
func TestInterrupted(t *testing.T) {
	received := make(chan os.Signal, 8)
	signal.Notify(received, syscall.SIGINT)
	fmt.Println("ready")
	fmt.Println("got", <-received)
	select {
	case again := <-received:
		fmt.Println("got", again)
	case <-time.After(300 * time.Millisecond):
	}
}

func TestWait(t *testing.T) {
	fmt.Println("ready")
	time.Sleep(time.Minute)
}

func TestMany(t *testing.T) {
	for i := 0; i < 10000; i++ {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			if i == 7777 {
				leak()
			}
		})
	}
}

func TestMuch(t *testing.T) {
	line := strings.Repeat("much ", 1000) + "\n"
	for i := 0; i < 20000; i++ {
		os.Stdout.WriteString(line)
	}
}

func TestDeep(t *testing.T) {
	// The function that runs a test begins anew when its stack has to grow.
	var grow func(n int) int
	grow = func(n int) int {
		var room [1024]byte
		room[n%1024] = 1
		if n == 0 {
			return int(room[0])
		}
		return grow(n-1) + int(room[1])
	}
	for i := 0; i < 50; i++ {
		done := make(chan int)
		go func() { done <- grow(i * 10) }()
		<-done
		t.Run("sub", func(t *testing.T) { grow(i * 20); runtime.GC() })
	}
}

func BenchmarkLeak(b *testing.B) {
	leak()
	for i := 0; i < b.N; i++ {
		_ = i
	}
}

func FuzzLeak(f *testing.F) {
	f.Add(1)
	f.Add(2)
	f.Fuzz(func(t *testing.T, n int) {
		if n == 2 {
			leak()
		}
	})
}

func Example() {
	leak()
	fmt.Println("example")
	// Output: example
}

func Example_other() {
	fmt.Println("example")
	// Output: example
}

var numbers [1 << 12]int

//go:noinline
func churn() {
	for i := range numbers {
		numbers[i] += i
	}
}

func spin() {
	for {
		churn()
	}
}

// It is seen in what the loop calls.
func TestSpin(t *testing.T) {
	go spin()
	time.Sleep(time.Millisecond)
}

var woken = make(chan string)

// What is handed a T was not told to end with the test's context.
func TestHandedT(t *testing.T) {
	go func() {
		name := <-woken
		t.Log(name)
	}()
	time.Sleep(time.Millisecond)
}

// It has waited for some time when this is over: collections count as such.
func TestLater(t *testing.T) {
	for i := 0; i < 5; i++ {
		time.Sleep(20 * time.Millisecond)
		runtime.GC()
	}
}

func TestCollectorOne(t *testing.T) { collectAnew() }
func TestCollectorTwo(t *testing.T) { collectAnew() }

package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"time"
)

var kept [][]byte

func keep(n int) { kept = append(kept, make([]byte, n)) }

var cache = map[int]*[4096]byte{}

func store(i int) { cache[i] = new([4096]byte) }

func waiter(c chan int) { <-c }

func write(name string, i int) {
	f, _ := os.Create(fmt.Sprintf("%s.%d.pb.gz", name, i))
	pprof.Lookup(name).WriteTo(f, 0)
	f.Close()
	f, _ = os.Create(fmt.Sprintf("%s.%d.txt", name, i))
	pprof.Lookup(name).WriteTo(f, 1)
	f.Close()
}

func main() {
	os.Chdir(os.Args[1])
	runtime.SetBlockProfileRate(1)
	runtime.SetMutexProfileFraction(1)
	f, _ := os.Create("cpu.pb.gz")
	pprof.StartCPUProfile(f)
	for i := 0; i < 2; i++ {
		for j := 0; j < 20000; j++ {
			store(j + i*20000)
			keep(100)
		}
		for j := 0; j < 1500; j++ {
			go waiter(make(chan int))
		}
		time.Sleep(100 * time.Millisecond)
		runtime.GC()
		runtime.GC()
		for _, n := range []string{"heap", "allocs", "goroutine", "block", "mutex", "threadcreate"} {
			write(n, i)
		}
		if pprof.Lookup("goroutineleak") != nil {
			write("goroutineleak", i)
		}
	}
	pprof.StopCPUProfile()
	f.Close()
}

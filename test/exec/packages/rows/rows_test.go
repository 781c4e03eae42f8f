package rows

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

var rows = []struct {
	name string
	run  func(fixed bool)
}{
	{"L1", receiveWithoutSender},
	{"L2", rangeWithoutClose},
	{"L3", sendWithoutReceiver},
	{"L4", firstResultWins},
	{"L5", sendToFullChannel},
	{"L6", nilChannel},
	{"L7", selectNeverReady},
	{"L8", exitStaysInLoop},
	{"L9", endlessLoop},
	{"L10", contextIgnored},
	{"L11", cancelNeverCalled},
	{"L12", lockNeverReleased},
	{"L13", doubleLock},
	{"L14", lockHeldByCreator},
	{"L15", lockOrder},
	{"L16", lockOrderByParameters},
	{"L17", unboundedGoroutines},
	{"L39", waitGroupNeverDone},
	{"L40", jobWithoutStop},
	{"L41", condNeverSignalled},
	{"L42", nestedReadLock},
}

// Somebody is still on the way to where he will be left; who never comes to rest does not count.
func anyRestless() bool {
	stacks := make([]byte, 1<<22)
	all := strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n")
	for _, one := range all[1:] { // the first one is who asks
		state := one[strings.Index(one, "[")+1:]
		forEver := strings.Contains(one, "ForEver(") || strings.Contains(one, "unbounded")
		if !forEver && (strings.HasPrefix(state, "run") || strings.HasPrefix(state, "sleep")) {
			return true
		}
	}
	return false
}

// A busy machine may take its time to run what was started.
func TestMain(m *testing.M) {
	status := m.Run()
	for anyRestless() {
		time.Sleep(time.Millisecond)
	}
	os.Exit(status)
}

func TestLeaky(t *testing.T) {
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) { row.run(false) })
	}
}

func TestFixed(t *testing.T) {
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) { row.run(true) })
	}
}

func beside(t *testing.T, fixed bool) {
	for _, row := range rows {
		row := row
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			row.run(fixed)
			time.Sleep(10 * time.Millisecond) // so that they run beside each other
		})
	}
}

func TestParallelLeaky(t *testing.T) { beside(t, false) }

func TestParallelFixed(t *testing.T) { beside(t, true) }

// 200 that leave nothing behind: half of them beside each other, with goroutines that come to an end.
func TestInnocent(t *testing.T) {
	for i := 0; i < 200; i++ {
		i := i
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			if i%2 == 0 {
				t.Parallel()
			}
			done := make(chan int)
			go func() {
				go func() { done <- i }()
			}()
			if <-done != i {
				t.Error("another one's")
			}
		})
	}
}

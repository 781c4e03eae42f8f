package rows

import (
	"strconv"
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

func TestLeaky(t *testing.T) {
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) { row.run(false) })
	}
	time.Sleep(50 * time.Millisecond)
}

func TestFixed(t *testing.T) {
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) { row.run(true) })
	}
	time.Sleep(50 * time.Millisecond)
}

func beside(t *testing.T, fixed bool) {
	for _, row := range rows {
		row := row
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			row.run(fixed)
			time.Sleep(50 * time.Millisecond)
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

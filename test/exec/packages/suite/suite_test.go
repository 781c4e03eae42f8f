// Package suite has as many tests as are asked for, of some milliseconds each, that leave nothing behind.
package suite

import (
	"context"
	"crypto/sha256"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func number(name string) int {
	n, _ := strconv.Atoi(os.Getenv(name))
	return n
}

// What a test does: some work, someone who helps, a short wait.
func once(t *testing.T, i int) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	results := make(chan [32]byte, 1)
	var helpers sync.WaitGroup
	helpers.Add(1)
	go func() {
		defer helpers.Done()
		select {
		case results <- sha256.Sum256(make([]byte, 100000+i)):
		case <-ctx.Done():
		}
	}()
	if i%2 == 0 {
		time.Sleep(time.Millisecond)
	}
	helpers.Wait()
	if <-results == [32]byte{} {
		t.Error("no result")
	}
}

func TestSequential(t *testing.T) {
	for i := 0; i < number("TESTS")/2; i++ {
		i := i
		t.Run(strconv.Itoa(i), func(t *testing.T) { once(t, i) })
	}
}

// The other half, beside each other, each with two of its own.
func TestParallel(t *testing.T) {
	for i := 0; i < number("TESTS")/6; i++ {
		i := i
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			once(t, i)
			for _, name := range []string{"one", "other"} {
				t.Run(name, func(t *testing.T) { once(t, i) })
			}
		})
	}
}

func TestSubtests(t *testing.T) {
	for i := 0; i < number("SUBTESTS"); i++ {
		t.Run(strconv.Itoa(i), func(t *testing.T) {})
	}
}

func TestOutput(t *testing.T) {
	line := strings.Repeat("much ", 1000) + "\n"
	for left := number("OUTPUT") << 20; left > 0; left -= len(line) {
		os.Stdout.WriteString(line)
	}
}

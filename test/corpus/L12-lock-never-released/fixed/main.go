// Unlocked on every way out.
package main

import (
	"errors"
	"sync"

	"corpus/lib"
)

type account struct {
	mu    sync.Mutex
	cents int
	book  []byte
}

var errPoor = errors.New("not enough money")

func (a *account) withdraw(cents int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.cents < cents {
		return errPoor
	}
	a.cents -= cents
	return nil
}

func customer() {
	a := &account{cents: 100, book: make([]byte, 262144)}
	a.withdraw(50)
	a.withdraw(80)
	for i := 0; i < 3; i++ {
		go a.withdraw(10)
	}
}

func main() {
	for i := 0; i < 10; i++ {
		customer()
	}
	lib.Wait()
}

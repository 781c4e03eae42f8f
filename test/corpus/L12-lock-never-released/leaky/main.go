// A refused withdrawal returns with the account locked.
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
	a.mu.Lock() // LEAK L12 count=30 bytes=@measured certainty=proved
	if a.cents < cents {
		return errPoor
	}
	a.cents -= cents
	a.mu.Unlock()
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

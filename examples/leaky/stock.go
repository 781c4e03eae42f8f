package main

import (
	"errors"
	"sync"
)

var errSoldOut = errors.New("sold out")

// Stock counts what can still be sold.
type Stock struct {
	mutex sync.Mutex
	left  map[string]int // guarded by mutex
}

func newStock() *Stock {
	return &Stock{left: map[string]int{"lamp": 5}}
}

// reserve takes one piece.
//
// The leak: the way out for what is sold out forgets to unlock.
func (s *Stock) reserve(item string) error {
	s.mutex.Lock()
	if s.left[item] == 0 {
		return errSoldOut
	}
	s.left[item]--
	s.mutex.Unlock()
	return nil
}

// order lets several customers reserve at once.
func (s *Stock) order(item string, customers int) {
	for i := 0; i < customers; i++ {
		go s.reserve(item)
	}
}

// Package rounds has tests that leave more in memory each time they are run, and others that do not.
package rounds

import (
	"container/list"
	"os"
	"sync"
)

type session struct {
	id   int
	data [100]byte
}

var next int

func fresh() *session {
	next++
	return &session{id: next}
}

// What only grows.
var (
	sessions = map[int]*session{}
	byName   = map[string]string{}
	shared   sync.Map
	history  []*session
	chain    *link
)

type link struct {
	next *link
	data [100]byte
}

// What is cleaned up, bounded, or filled once.
var (
	active = map[string]*session{}
	tables = map[int]*session{}
	pool   = sync.Pool{New: func() any { return new([1000]byte) }}
	cache  = newBounded(20)
	recent = make([]*session, 0, 16)
)

// The least recently used goes.
type bounded struct {
	most  int
	byKey map[int]*list.Element
	order *list.List
}

func newBounded(most int) *bounded {
	return &bounded{most, map[int]*list.Element{}, list.New()}
}

func (b *bounded) add(s *session) {
	b.byKey[s.id] = b.order.PushFront(s)
	if b.order.Len() > b.most {
		last := b.order.Back()
		delete(b.byKey, b.order.Remove(last).(*session).id)
	}
}

// Descriptors: held, and let go of.
var files []*os.File

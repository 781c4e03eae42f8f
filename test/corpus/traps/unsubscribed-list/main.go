// A list of listeners from which each takes itself off: the last one fills its place.
//
// corpus: over=3s
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

type listener struct {
	place int
	heed  func(int)
}

type list struct {
	sync.Mutex
	listeners []*listener
}

func (l *list) add(heed func(int)) (remove func()) {
	l.Lock()
	defer l.Unlock()
	mine := &listener{len(l.listeners), heed}
	l.listeners = append(l.listeners, mine)
	return func() {
		l.Lock()
		defer l.Unlock()
		last := len(l.listeners) - 1
		l.listeners[mine.place] = l.listeners[last]
		l.listeners[mine.place].place = mine.place
		l.listeners[last] = nil
		l.listeners = l.listeners[:last]
	}
}

type view struct {
	pixels [2048]byte
	seen   int
}

func (v *view) heed(i int) { v.seen = i }

var changes list

func main() {
	queue := make(chan func(), 3000)
	go func() {
		for i := 0; ; i++ {
			queue <- changes.add(new(view).heed)
			if len(queue) > 2000 {
				(<-queue)()
			}
			if i > 3000 {
				time.Sleep(2 * time.Millisecond)
			}
		}
	}()
	lib.Wait()
}

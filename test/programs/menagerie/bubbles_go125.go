// SPDX-License-Identifier: Apache-2.0

//go:build go1.25

package menagerie

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var _ = register(startBubbles)

// startBubbles runs a test that never ends, in a bubble.
func startBubbles() {
	go testing.Main(func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "Bubble", F: bubble}}, nil, nil)
}

func bubble(t *testing.T) {
	var outer sync.Mutex
	outer.Lock()
	keep(&outer)
	synctest.Test(t, func(t *testing.T) {
		inside := make(chan int)
		var group sync.WaitGroup
		group.Add(1)
		var locked sync.Mutex
		locked.Lock()
		go func() { <-inside }()
		go func() { inside2 := make(chan int); inside2 <- 1 }()
		go func() {
			select {
			case <-inside:
			case <-make(chan int):
			}
		}()
		go func() { select {} }()
		go func() { time.Sleep(time.Hour) }()
		go func() { <-time.After(time.Hour) }()
		go func() { group.Wait() }()
		go func() { locked.Lock() }() // not durable: keeps the bubble's clock where it is
		go func() { <-never }()       // neither: the channel is of the world outside
		go func() {
			var none chan int
			<-none
		}()
		go func() {
			condition := sync.NewCond(new(sync.Mutex))
			condition.L.Lock()
			condition.Wait()
		}()
		go synctest.Wait()
		hold()
	})
}

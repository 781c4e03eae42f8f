package tricks

import "time"

type collector struct{ seen map[int]int }

// What is still to be done it keeps for itself.
func (c *collector) collect() {
	pending := c.look(make([]*int, 0, 100+len(c.seen)))
	for {
		time.Sleep(time.Hour)
		pending = c.look(pending)
	}
}

//go:noinline
func (c *collector) look(pending []*int) []*int {
	c.seen[len(pending)]++
	return append(pending[:0], &total)
}

var total int

// The one that is in use belongs to all; the one before it has been left.
var current *collector

func collectAnew() {
	current = &collector{map[int]int{}}
	go current.collect()
}

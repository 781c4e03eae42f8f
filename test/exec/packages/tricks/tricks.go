package tricks

import "time"

type collector struct{ seen map[int]int }

func (c *collector) collect() {
	for {
		time.Sleep(time.Hour)
		c.seen[len(c.seen)]++
	}
}

// The one that is in use belongs to all; the one before it has been left.
var current *collector

func collectAnew() {
	current = &collector{map[int]int{}}
	go current.collect()
}

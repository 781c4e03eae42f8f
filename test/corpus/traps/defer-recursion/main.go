// A deep walk defers a call at each level, and waits at the bottom for more work.
package main

import "corpus/lib"

type folder struct {
	below *folder
	open  bool
}

func walk(f *folder, depth int, work <-chan int) int {
	if f == nil {
		return <-work
	}
	f.open = true
	defer func() { f.open = false }()
	return walk(f.below, depth+1, work) + 1
}

func main() {
	var root *folder
	for depth := 0; depth < 200; depth++ {
		root = &folder{below: root}
	}
	work := make(chan int)
	go walk(root, 0, work)
	lib.Wait()
	work <- 1
}

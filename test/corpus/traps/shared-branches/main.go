// corpus: over=3s
// Trees that stay as they are. Now and then somebody else has a branch of one, too, and then it is the
// tree's own again: nothing grows.
package main

import (
	"time"

	"corpus/lib"
)

type node struct {
	left, right *node
	words       [12]int
}

func grow(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{left: grow(depth - 1), right: grow(depth - 1)}
}

var (
	a, b, c, d = grow(11), grow(11), grow(11), grow(11)
	e, f, g, h = grow(11), grow(11), grow(11), grow(11)
	visitors   [8]*node
)

// Shown and let go of in turn, so that whenever two moments are some seconds apart, one is let go of.
func visit(i int, tree **node) {
	time.Sleep(time.Duration(i) * time.Second)
	for {
		visitors[i] = (*tree).left
		time.Sleep(4 * time.Second)
		visitors[i] = nil
		time.Sleep(4 * time.Second)
	}
}

func main() {
	for i, tree := range []**node{&a, &b, &c, &d, &e, &f, &g, &h} {
		go visit(i, tree)
	}
	lib.Wait()
	println(a, b, c, d, e, f, g, h)
}

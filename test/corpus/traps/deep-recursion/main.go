// Two goroutines at work deep in a tree have large stacks.
package main

import "corpus/lib"

type node struct {
	children []*node
	value    int
}

func deepen(n *node, depth int, proceed <-chan int) int {
	if depth == 0 {
		return <-proceed
	}
	next := &node{value: depth}
	n.children = append(n.children, next)
	return deepen(next, depth-1, proceed) + n.value
}

func main() {
	proceed := make(chan int)
	for i := 0; i < 2; i++ {
		go deepen(new(node), 5000, proceed)
	}
	for i := 0; i < 50; i++ {
		go func() { <-proceed }()
	}
	lib.Wait()
	close(proceed)
}

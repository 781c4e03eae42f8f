// Cycles without finalizers are collected; those in use are in use.
package main

import "corpus/lib"

type node struct {
	next *node
	data [1000]byte
}

func ring(size int) *node {
	first := new(node)
	last := first
	for i := 1; i < size; i++ {
		last.next = new(node)
		last = last.next
	}
	last.next = first
	return first
}

func main() {
	var kept []*node
	for i := 0; i < 200; i++ {
		r := ring(10)
		if i%2 == 0 {
			kept = append(kept, r)
		}
	}
	lib.Wait()
	println(len(kept))
}

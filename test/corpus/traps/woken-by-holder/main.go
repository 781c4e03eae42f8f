// A goroutine that has waited for something else all the time holds the channel, and nothing besides it.
package main

import (
	"context"
	"fmt"

	"corpus/lib"
)

type held struct{ c chan [3]int }
type kept struct{ c chan [4]int }

//go:noinline
func hold(h *held, k *kept, until chan struct{}) {
	<-until
	h.c <- [3]int{}
	fmt.Println(<-k.c)
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	until := make(chan struct{})
	for i := 0; i < 12; i++ {
		h, k := &held{make(chan [3]int)}, &kept{make(chan [4]int)}
		go hold(h, k, until)
		go func() { <-h.c }()
		go func() { k.c <- [4]int{} }()
		go func() { <-ctx.Done() }()
	}
	lib.Wait()
	close(until)
	cancel()
}

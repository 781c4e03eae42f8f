// Requests are given up, but what they asked for is brought to its end all the same, by stages that wait
// for each other: the first writes to a disk, sleeps or waits for a timer.
package main

import (
	"context"
	"time"

	"corpus/lib"
)

type stage struct {
	ctx     context.Context
	in, out chan int
}

func (s *stage) work() {
	defer close(s.out)
	for n := range s.in {
		s.out <- n + 1
	}
	println(s.ctx.Err())
}

func write(in chan<- int) {
	time.Sleep(time.Hour)
	in <- 1
	close(in)
}

func collect(ctx context.Context, out <-chan int) {
	sum := 0
	for n := range out {
		sum += n
	}
	println(sum, ctx.Err())
}

func expect(ctx context.Context, page chan int) {
	time.AfterFunc(time.Hour, func() { page <- 1 })
	println(<-page, ctx.Err())
}

func serve() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s := &stage{ctx, make(chan int), make(chan int)}
	go write(s.in)
	go s.work()
	go collect(ctx, s.out)
	go expect(ctx, make(chan int))
	time.Sleep(time.Millisecond)
}

func main() {
	for i := 0; i < 30; i++ {
		serve()
	}
	lib.Wait()
}

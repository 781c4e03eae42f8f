// A worker that fails returns before it says that it is done.
package main

import (
	"errors"
	"sync"

	"corpus/lib"
)

type batch struct {
	jobs   sync.WaitGroup
	output []byte
}

func (b *batch) job(number int) error {
	if number == 2 {
		return errors.New("failed")
	}
	b.output[number] = 1
	b.jobs.Done()
	return nil
}

func (b *batch) finish(then func([]byte)) {
	b.jobs.Wait() // LEAK L39 count=80 bytes=@measured certainty=proved
	then(b.output)
}

func run() {
	b := &batch{output: make([]byte, 131072)}
	for number := 0; number < 4; number++ {
		b.jobs.Add(1)
		go b.job(number)
	}
	go b.finish(func(output []byte) { println(len(output)) })
}

func main() {
	for i := 0; i < 80; i++ {
		run()
	}
	lib.Wait()
}

// Closed at once.
package main

import "corpus/lib"

type source struct {
	number int
	buffer [4096]byte
}

var open int

func (s *source) Close() { open-- }

func importer(numbers <-chan int, ready chan<- struct{}) {
	for {
		number, more := <-numbers
		if !more {
			return
		}
		s := &source{number: number}
		open++
		ready <- struct{}{}
		s.Close()
	}
}

func main() {
	numbers, ready := make(chan int), make(chan struct{})
	go importer(numbers, ready)
	for i := 0; i < 3000; i++ {
		numbers <- i
		<-ready
	}
	lib.Wait()
	close(numbers)
}

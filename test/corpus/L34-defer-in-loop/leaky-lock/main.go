// Files of a folder are handled one by one, and each is closed at the end of them all.
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
		number, more := <-numbers // LEAK L34 count=3000 bytes=3000*4864 certainty=likely
		if !more {
			return
		}
		s := &source{number: number} // LEAK L34
		open++
		defer func() { // LEAK L34
			s.Close()
		}()
		ready <- struct{}{}
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

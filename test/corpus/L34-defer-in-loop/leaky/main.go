// A loop that never ends defers a call each time around; they run when it returns.
package main

import "corpus/lib"

type job struct {
	id      int
	scratch []byte
}

func (j *job) release() {
	j.scratch = nil
}

func work(jobs <-chan int, done chan<- int) {
	for id := range jobs { // LEAK L34 count=2000 bytes=2000*8192 certainty=likely
		j := &job{id, make([]byte, 8192)} // LEAK L34
		defer j.release()                 // LEAK L34
		done <- j.id
	}
}

func main() {
	jobs, done := make(chan int), make(chan int)
	go work(jobs, done)
	for id := 0; id < 2000; id++ {
		jobs <- id
		<-done
	}
	lib.Wait()
	close(jobs)
}

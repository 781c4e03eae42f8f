// A function for each time around.
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
	for id := range jobs {
		func() {
			j := &job{id, make([]byte, 8192)}
			defer j.release()
			done <- j.id
		}()
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

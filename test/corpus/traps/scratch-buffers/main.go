// Workers with room of their own that they use again and again; at the moment there is little in it.
package main

import (
	"fmt"

	"corpus/lib"
)

type worker struct {
	jobs    <-chan string
	results chan<- int
	scratch []byte
}

func (w *worker) run() {
	for job := range w.jobs {
		w.scratch = append(w.scratch[:0], job...)
		w.results <- len(w.scratch)
	}
}

func main() {
	jobs, results := make(chan string), make(chan int)
	for i := 0; i < 100; i++ {
		go (&worker{jobs, results, make([]byte, 0, 16384)}).run()
	}
	for i := 0; i < 500; i++ {
		jobs <- fmt.Sprint("job ", i)
		<-results
	}
	lib.Wait()
	close(jobs)
}

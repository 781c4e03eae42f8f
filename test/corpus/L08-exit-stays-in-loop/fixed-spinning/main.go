// It returns.
package main

import "corpus/lib"

type mirror struct {
	files chan string
	exit  chan struct{}
	count int
}

func (m *mirror) run() {
	for {
		select {
		case <-m.files:
			m.count++
		case <-m.exit:
			return
		}
	}
}

func main() {
	m := &mirror{files: make(chan string), exit: make(chan struct{})}
	go m.run()
	m.files <- "a.txt"
	close(m.exit)
	lib.Wait()
}

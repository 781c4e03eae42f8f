// After the exit was closed the loop has it ready for ever, and spins.
//
// corpus: alone=yes
package main

import "corpus/lib"

type mirror struct {
	files chan string
	exit  chan struct{}
	count int
}

func (m *mirror) run() {
	for {
		select { // LEAK L8|L9 count=1 certainty=suspect over=3s
		case <-m.files:
			m.count++
		case <-m.exit:
			m.count += 0
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

// What is popped from a stack stays in its array.
package main

import "corpus/lib"

type frame struct {
	code []byte
	next *frame
}

type machine struct {
	stack []*frame // HOLDER L22
}

var machines []*machine

func (m *machine) push(size int) {
	m.stack = append(m.stack, &frame{code: make([]byte, size)}) // LEAK L22 count=20|1280 bytes=20*64*8224 certainty=likely holder=main.machines
}

func (m *machine) pop() *frame {
	top := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return top
}

func main() {
	for i := 0; i < 20; i++ {
		m := &machine{stack: make([]*frame, 0, 64)}
		for depth := 0; depth < 64; depth++ {
			m.push(8192)
		}
		for depth := 0; depth < 64; depth++ {
			m.pop()
		}
		machines = append(machines, m)
	}
	lib.Wait()
	println(len(machines))
}

// Answers are awaited by number; a connection's reader will find the channels in a map.
package main

import (
	"bufio"
	"net"
	"sync"
	"time"

	"corpus/lib"
)

type link struct {
	conn    net.Conn
	mu      sync.Mutex
	pending map[int]chan string
}

func (l *link) read() {
	lines := bufio.NewScanner(l.conn)
	for id := 0; lines.Scan(); id++ {
		l.mu.Lock()
		if answer, ok := l.pending[id]; ok {
			answer <- lines.Text()
			delete(l.pending, id)
		}
		l.mu.Unlock()
	}
}

func (l *link) ask(id int) string {
	answer := make(chan string, 1)
	l.mu.Lock()
	l.pending[id] = answer
	l.mu.Unlock()
	return <-answer
}

func connect() {
	here, there := net.Pipe()
	l := &link{conn: here, pending: map[int]chan string{}}
	go l.read()
	for id := 0; id < 50; id++ {
		go l.ask(id)
	}
	time.AfterFunc(time.Hour, func() { there.Write([]byte("late\n")) })
}

func main() {
	connect()
	lib.Wait()
}

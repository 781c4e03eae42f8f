// A lock is held while a connection is read from; others want it.
package main

import (
	"bufio"
	"fmt"
	"net"
	"sync"
	"time"

	"corpus/lib"
)

type link struct {
	mu   sync.Mutex
	conn net.Conn
}

func (l *link) exchange(question string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.conn, question)
	answer, _ := bufio.NewReader(l.conn).ReadString('\n')
	return answer
}

func open(address string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		panic(err)
	}
	l := &link{conn: conn}
	for i := 0; i < 30; i++ {
		go l.exchange("hello")
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				time.Sleep(time.Hour)
				fmt.Fprintln(conn, "late")
			}()
		}
	}()
	open(listener.Addr().String())
	lib.Wait()
	listener.Close()
}

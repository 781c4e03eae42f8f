// The same over a socket: only the goroutine that reads it has the map.
package main

import (
	"bufio"
	"net"

	"corpus/lib"
)

type answers map[int]chan string

func read(conn net.Conn, pending answers) {
	lines := bufio.NewScanner(conn)
	for id := 0; lines.Scan(); id++ {
		pending[id] <- lines.Text()
	}
	for _, waiter := range pending {
		close(waiter)
	}
}

func await(answer <-chan string) {
	println(<-answer)
}

func dial(address string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		panic(err)
	}
	pending := answers{}
	for id := 0; id < 40; id++ {
		pending[id] = make(chan string)
		go await(pending[id])
	}
	go read(conn, pending)
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
			defer conn.Close()
		}
	}()
	dial(listener.Addr().String())
	lib.Wait()
	listener.Close()
}

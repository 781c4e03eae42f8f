// Pairs of goroutines by connection: one reads, one writes what comes from a channel.
package main

import (
	"fmt"
	"net"
	"sync"

	"corpus/lib"
)

type session struct {
	conn net.Conn
	out  chan []byte
}

type hub struct {
	mu       sync.Mutex
	sessions map[*session]bool
}

func (s *session) write() {
	for message := range s.out {
		s.conn.Write(message)
	}
}

func (h *hub) serve(conn net.Conn) {
	s := &session{conn, make(chan []byte, 8)}
	h.mu.Lock()
	h.sessions[s] = true
	h.mu.Unlock()
	go s.write()
	buffer := make([]byte, 4096)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			break
		}
		s.out <- append([]byte(nil), buffer[:n]...)
	}
	h.mu.Lock()
	delete(h.sessions, s)
	h.mu.Unlock()
	close(s.out)
}

func main() {
	h := &hub{sessions: map[*session]bool{}}
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
			go h.serve(conn)
		}
	}()
	var clients []net.Conn
	for i := 0; i < 150; i++ {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			panic(err)
		}
		fmt.Fprintln(conn, "hello")
		clients = append(clients, conn)
	}
	lib.Wait()
	for _, conn := range clients {
		conn.Close()
	}
}

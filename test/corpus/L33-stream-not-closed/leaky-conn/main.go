// Clients hang up; the server keeps its end of each connection in a list.
package main

import (
	"net"
	"sync"

	"corpus/lib"
)

type client struct {
	conn net.Conn
	name string
}

var clients struct { // HOLDER L33
	sync.Mutex
	list []*client
}

func serve(conn net.Conn) {
	c := &client{conn: conn}
	clients.Lock()
	clients.list = append(clients.list, c)
	clients.Unlock()
	var buffer [64]byte
	for {
		n, err := conn.Read(buffer[:])
		if err != nil {
			return
		}
		c.name = string(buffer[:n])
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			conn, err := listener.Accept() // LEAK L33 count=30 certainty=likely place=any holder=main.clients
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	for i := 0; i < 30; i++ {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			panic(err)
		}
		conn.Write([]byte("hello"))
		conn.Close()
	}
	lib.Wait()
	println(len(clients.list))
}

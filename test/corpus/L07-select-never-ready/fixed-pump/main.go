// A connection's two pumps end each other, whoever goes first.
package main

import (
	"net"

	"corpus/lib"
)

type message struct{ text []byte }

type client struct {
	conn    net.Conn
	outbox  chan message
	closing chan struct{}
	history [512]message
}

func (c *client) read() error {
	buffer := make([]byte, 512)
	for {
		n, err := c.conn.Read(buffer)
		if err != nil {
			return err
		}
		c.outbox <- message{append([]byte(nil), buffer[:n]...)}
	}
}

func (c *client) write() {
	for {
		select {
		case m := <-c.outbox:
			if _, err := c.conn.Write(m.text); err != nil {
				return
			}
		case <-c.closing:
			return
		}
	}
}

func serve(conn net.Conn) error {
	c := &client{conn: conn, outbox: make(chan message), closing: make(chan struct{})}
	defer conn.Close()
	go c.write()
	defer close(c.closing)
	return c.read()
}

func main() {
	for i := 0; i < 25; i++ {
		ours, theirs := net.Pipe()
		theirs.Close()
		_ = serve(ours)
	}
	lib.Wait()
}

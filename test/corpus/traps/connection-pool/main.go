// Connections at rest, each with its reader, in a pool that hands them out again.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"

	"corpus/lib"
)

type client struct {
	conn    net.Conn
	answers chan string
}

func (c *client) read() {
	lines := bufio.NewScanner(c.conn)
	for lines.Scan() {
		c.answers <- lines.Text()
	}
	close(c.answers)
}

type pool struct {
	idle chan *client
}

func (p *pool) ask(question string) string {
	c := <-p.idle
	defer func() { p.idle <- c }()
	fmt.Fprintln(c.conn, question)
	return <-c.answers
}

func echo(conn net.Conn) {
	defer conn.Close()
	io.Copy(conn, conn)
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
			go echo(conn)
		}
	}()
	p := &pool{make(chan *client, 25)}
	for i := 0; i < 25; i++ {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			panic(err)
		}
		c := &client{conn, make(chan string)}
		go c.read()
		p.idle <- c
	}
	for i := 0; i < 50; i++ {
		p.ask("hello")
	}
	lib.Wait()
	println(len(p.idle))
}

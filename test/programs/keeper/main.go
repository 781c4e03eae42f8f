// SPDX-License-Identifier: Apache-2.0

// Keeper holds what a snapshot is about: many linked objects, secrets in objects without pointers
// and goroutines that wait; as much of each as it is told to.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"flag"
	"fmt"
	"net"
	"runtime"
	"strings"
	"time"

	"programs/control"
)

var (
	objects    = flag.Int("objects", 0, "linked objects of 80 bytes")
	secrets    = flag.Int("secrets", 0, "marked texts, half in strings and half in byte slices")
	goroutines = flag.Int("goroutines", 20, "that wait for different things")
)

// A node is 80 bytes: pointers to others between numbers that differ.
type node struct {
	left, right *node
	next        *node
	key         uint64
	value       uint64
	stamp       int64
	hits        uint32
	state       uint32
	weight      float64
	owner       *[4]uint64
	sum         uint64
}

var (
	roots   []*node
	texts   []string
	slices  [][]byte
	owners  [64]*[4]uint64
	unheard []net.Conn
)

func random(state *uint64) uint64 {
	*state ^= *state << 13
	*state ^= *state >> 7
	*state ^= *state << 17
	return *state
}

func build(count int) {
	state := uint64(88172645463325252)
	for i := range owners {
		owners[i] = new([4]uint64)
	}
	recent := make([]*node, 1024)
	for i := 0; i < count; i++ {
		r := random(&state)
		n := &node{
			left:   recent[r%1024],
			right:  recent[(r>>10)%1024],
			key:    uint64(i),
			value:  r % 1000000,
			stamp:  time.Now().UnixNano(),
			hits:   uint32(r >> 40 & 255),
			state:  uint32(i & 7),
			weight: float64(i) / 3,
			owner:  owners[i%64],
			sum:    uint64(i) * 31,
		}
		if i%1024 == 0 {
			roots = append(roots, n)
		} else {
			n.next = roots[len(roots)-1].next
			roots[len(roots)-1].next = n
		}
		recent[(r>>20)%1024] = n
	}
}

// The mark and 16 digits by chance; nowhere does the program have them in one piece before.
func secret() []byte {
	var bytes [8]byte
	rand.Read(bytes[:])
	text := make([]byte, 0, 64)
	text = append(text, strings.ToUpper("dowse-secret-")...)
	return append(text, hex.EncodeToString(bytes[:])...)
}

//go:noinline
func hide(count int) {
	for i := 0; i < count; i++ {
		if i%2 == 0 {
			texts = append(texts, string(secret()))
		} else {
			slices = append(slices, secret())
		}
	}
}

// What was on the stack meanwhile is overwritten.
//
//go:noinline
func scrub() byte {
	var bytes [32 << 10]byte
	for i := range bytes {
		bytes[i] = byte(i)
	}
	return bytes[len(bytes)/2]
}

func wait(i int, channel chan int) {
	switch i % 4 {
	case 0:
		<-channel
	case 1:
		channel <- i
	case 2:
		time.Sleep(time.Hour)
	default:
		select {
		case <-channel:
		case channel <- i:
		}
	}
}

func listen() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go connection.Read(make([]byte, 1))
		}
	}()
	connection, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		panic(err)
	}
	unheard = append(unheard, connection)
}

func main() {
	flag.Parse()
	build(*objects)
	hide(*secrets)
	scrub()
	for i := 0; i < *goroutines; i++ {
		go wait(i, make(chan int))
	}
	listen()
	runtime.GC()
	time.Sleep(100 * time.Millisecond)
	control.Serve(fmt.Sprintf("objects=%d", *objects), control.Commands{"reveal": reveal})
}

// The secrets themselves, for who looks for them elsewhere.
func reveal([]string) ([]byte, error) {
	var all strings.Builder
	for i := range texts {
		all.WriteString(hex.EncodeToString([]byte(texts[i])) + "\n")
	}
	for i := range slices {
		all.WriteString(hex.EncodeToString(slices[i]) + "\n")
	}
	return []byte(all.String()), nil
}

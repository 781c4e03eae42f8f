// SPDX-License-Identifier: Apache-2.0

// Waits parks one goroutine or a few at each kind of thing that can be waited for, and tells on
// the command "expect" what each of them waits for, by the function that waits.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
	"unsafe"

	"programs/control"
)

type job struct{ number int }

// expectation is what dowse must say of every goroutine that stands in a function; members that
// are absent are not compared.
type expectation map[string]any

var expected = map[string]expectation{}

func address[T any](pointer *T) string {
	return fmt.Sprintf("0x%x", uintptr(unsafe.Pointer(pointer)))
}

// channelAddress is that of the runtime's hchan.
func channelAddress[T any](channel chan T) string {
	return fmt.Sprintf("0x%x", *(*uintptr)(unsafe.Pointer(&channel)))
}

func describe[T any](channel chan T, element string, send bool, receivers, senders int) expectation {
	return expectation{
		"address": channelAddress(channel), "element": element, "send": send,
		"length": len(channel), "capacity": cap(channel), "closed": false,
		"receivers": receivers, "senders": senders,
	}
}

func receiveJob(channel chan job)    { <-channel }
func sendFull(channel chan string)   { channel <- "one too many" }
func sendNobody(channel chan *job)   { channel <- nil }
func receiveNil(channel chan int)    { <-channel }
func sendNil(channel chan int)       { channel <- 1 }
func selectNothing()                 { select {} }
func lockMutex(mutex *sync.Mutex)    { mutex.Lock() }
func readLock(lock *sync.RWMutex)    { lock.RLock() }
func writeLock(lock *sync.RWMutex)   { lock.Lock() }
func waitGroup(g *sync.WaitGroup)    { g.Wait() }
func sleepLong()                     { time.Sleep(2 * time.Hour) }
func readPipe(file *os.File)         { file.Read(make([]byte, 1)) }
func accept(listener net.Listener)   { listener.Accept() }
func readSocket(connection net.Conn) { connection.Read(make([]byte, 1)) }
func writeSocket(connection net.Conn) {
	block := make([]byte, 1<<20)
	for {
		if _, err := connection.Write(block); err != nil {
			return
		}
	}
}

func condition(cond *sync.Cond) {
	cond.L.Lock()
	defer cond.L.Unlock()
	cond.Wait()
}

func selectTwo(in chan job, out chan string, none chan int) {
	select {
	case <-in:
	case out <- "never":
	case <-none:
	}
}

func channels() {
	jobs := make(chan job)
	for i := 0; i < 3; i++ {
		go receiveJob(jobs)
	}
	expected["main.receiveJob"] = expectation{"kind": "channel", "channels": []expectation{
		describe(jobs, "main.job", false, 3, 0)}}

	full := make(chan string, 2)
	full <- "a"
	full <- "b"
	go sendFull(full)
	go sendFull(full)
	expected["main.sendFull"] = expectation{"kind": "channel", "channels": []expectation{
		describe(full, "string", true, 0, 2)}}

	nobody := make(chan *job)
	go sendNobody(nobody)
	expected["main.sendNobody"] = expectation{"kind": "channel", "channels": []expectation{
		describe(nobody, "*main.job", true, 0, 1)}}

	go receiveNil(nil)
	go sendNil(nil)
	go selectNothing()
	expected["main.receiveNil"] = expectation{"kind": "nil channel", "send": false}
	expected["main.sendNil"] = expectation{"kind": "nil channel", "send": true}
	expected["main.selectNothing"] = expectation{"kind": "empty select"}

	in, out := make(chan job, 5), make(chan string)
	go selectTwo(in, out, nil)
	expected["main.selectTwo"] = expectation{"kind": "select", "channels": []expectation{
		describe(in, "main.job", false, 1, 0), describe(out, "string", true, 0, 1)}}
}

func locks() {
	mutex, lock, group := new(sync.Mutex), new(sync.RWMutex), new(sync.WaitGroup)
	mutex.Lock()
	lock.Lock()
	group.Add(1)
	for i := 0; i < 3; i++ {
		go lockMutex(mutex)
	}
	go readLock(lock)
	go waitGroup(group)
	expected["main.lockMutex"] = expectation{"kind": "mutex", "address": address(mutex), "others": 2}
	expected["main.readLock"] = expectation{"kind": "rwmutex read", "address": address(lock), "others": 0}
	expected["main.waitGroup"] = expectation{"kind": "waitgroup", "address": address(group), "others": 0}

	read := new(sync.RWMutex)
	read.RLock()
	go writeLock(read)
	expected["main.writeLock"] = expectation{"kind": "rwmutex write", "address": address(read), "others": 0}

	cond := sync.NewCond(new(sync.Mutex))
	go condition(cond)
	go condition(cond)
	expected["main.condition"] = expectation{"kind": "cond", "address": address(cond), "others": 1}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func descriptors() {
	reader, writer, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	go readPipe(reader)
	expected["main.readPipe"] = expectation{"kind": "descriptor", "name": "pipe", "write": false,
		"local_address": nil, "remote_address": nil}

	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	go accept(must(net.Listen("tcp", "[::1]:0")))
	expected["main.accept"] = expectation{"kind": "descriptor", "name": "tcp", "write": false,
		"remote_address": nil}

	client := must(net.Dial("tcp", listener.Addr().String()))
	server := must(listener.Accept())
	go readSocket(client)
	expected["main.readSocket"] = expectation{"kind": "descriptor", "name": "tcp", "write": false,
		"local_address": client.LocalAddr().String(), "remote_address": client.RemoteAddr().String()}

	deaf := must(net.Dial("tcp", listener.Addr().String()))
	speaker := must(listener.Accept())
	go writeSocket(speaker)
	expected["main.writeSocket"] = expectation{"kind": "descriptor", "name": "tcp", "write": true,
		"local_address": speaker.LocalAddr().String(), "remote_address": speaker.RemoteAddr().String()}
	keep = append(keep, writer, listener, server, deaf)
}

// keep holds what must not be collected, and closed, while others wait for it.
var keep []any

func main() {
	channels()
	locks()
	go sleepLong()
	expected["main.sleepLong"] = expectation{"kind": "sleep"}
	descriptors()
	time.Sleep(200 * time.Millisecond)
	control.Serve("", control.Commands{"expect": func([]string) ([]byte, error) {
		return json.Marshal(expected)
	}})
}

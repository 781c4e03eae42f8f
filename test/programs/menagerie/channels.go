// SPDX-License-Identifier: Apache-2.0

package menagerie

import "time"

var _ = register(startChannels)

func startChannels() {
	go nilReceive()
	go nilSend()
	go nilRange()
	go receiveUnbuffered(make(chan int))
	go receiveBuffered(make(chan string, 4))
	go receiveTwoValues(make(chan [3]int, 1))
	go sendUnbuffered(make(chan int), 42)
	go sendFull(fullChannel(3), 43)
	go sendLarge(make(chan [100]int))
	go sendEmpty(make(chan struct{}))
	go rangeOver(make(chan error))
	go emptySelect()
	go selectNilOnly(nil, nil)
	go selectOne(make(chan int))
	go selectTwo(make(chan int), make(chan string))
	go selectThree(make(chan int), fullChannel(1), nil)
	go selectFour(make(chan int), fullChannel(1), nil, make(chan func()))
	go selectFive(make(chan int), make(chan int, 3), make(chan int), fullChannel(2), nil)
	go selectSameTwice(make(chan int))
	go selectReceiveOK(make(chan int), make(chan bool))
	go selectTimeout(make(chan int))
	go blockInLoop(make(chan int))

	shared := make(chan int)
	keep(shared)
	for i := 0; i < 5; i++ {
		go receiveUnbuffered(shared)
	}
	full := fullChannel(2)
	keep(full)
	for i := 0; i < 3; i++ {
		go sendFull(full, 100+i)
	}
	go receiveOnly((<-chan int)(shared))
	go sendOnly((chan<- int)(full))
	go func() {
		for range shared {
		}
	}()
}

func fullChannel(capacity int) chan int {
	channel := make(chan int, capacity)
	for i := 0; i < capacity; i++ {
		channel <- i
	}
	return channel
}

func nilReceive() {
	var channel chan int
	<-channel
}

func nilSend() {
	var channel chan int
	channel <- 1
}

func nilRange() {
	var channel chan string
	for range channel {
	}
}

func receiveUnbuffered(channel chan int) { <-channel }

func receiveBuffered(channel chan string) string { return <-channel }

func receiveTwoValues(channel chan [3]int) ([3]int, bool) {
	value, ok := <-channel
	return value, ok
}

func sendUnbuffered(channel chan int, value int) { channel <- value }

func sendFull(channel chan int, value int) { channel <- value }

func sendLarge(channel chan [100]int) {
	var value [100]int
	value[99] = 1
	channel <- value
}

func sendEmpty(channel chan struct{}) { channel <- struct{}{} }

func rangeOver(channel chan error) {
	for err := range channel {
		panic(err)
	}
}

func emptySelect() { select {} }

func selectNilOnly(first chan int, second chan string) {
	select {
	case <-first:
	case second <- "x":
	}
}

func selectOne(channel chan int) {
	select {
	case <-channel:
	}
}

func selectTwo(numbers chan int, words chan string) {
	select {
	case <-numbers:
	case <-words:
	}
}

func selectThree(numbers, full, absent chan int) {
	select {
	case <-numbers:
	case full <- 7:
	case <-absent:
	}
}

func selectFour(numbers, full, absent chan int, functions chan func()) {
	select {
	case value := <-numbers:
		keep(value)
	case full <- 8:
	case absent <- 9:
	case call := <-functions:
		call()
	}
}

func selectFive(a, b, c, full, absent chan int) int {
	for {
		select {
		case value := <-a:
			return value
		case value, ok := <-b:
			if ok {
				return value
			}
		case c <- 1:
		case full <- 2:
		case <-absent:
		}
	}
}

func selectSameTwice(channel chan int) {
	select {
	case <-channel:
	case channel <- 3:
	}
}

func selectReceiveOK(numbers chan int, flags chan bool) {
	select {
	case _, ok := <-numbers:
		keep(ok)
	case flags <- true:
	}
}

func selectTimeout(numbers chan int) {
	select {
	case <-numbers:
	case <-time.After(100 * time.Hour):
	}
}

func blockInLoop(channel chan int) {
	for i := 0; i < 10; i++ {
		if i == 5 {
			<-channel
		}
	}
}

func receiveOnly(channel <-chan int) { <-channel }

func sendOnly(channel chan<- int) { channel <- 11 }

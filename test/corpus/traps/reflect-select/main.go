// A goroutine selects by reflection over channels that others have.
package main

import (
	"reflect"

	"corpus/lib"
)

func fan(inputs []chan int, out chan<- int) {
	var cases []reflect.SelectCase
	for _, in := range inputs {
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(in)})
	}
	for {
		_, value, ok := reflect.Select(cases)
		if !ok {
			return
		}
		out <- int(value.Int())
	}
}

func main() {
	var inputs []chan int
	out := make(chan int)
	for i := 0; i < 20; i++ {
		inputs = append(inputs, make(chan int))
	}
	go fan(inputs, out)
	inputs[3] <- 7
	println(<-out)
	lib.Wait()
	close(inputs[0])
}

// What is sent is sent by reflection alone, by a method's value.
package main

import (
	"fmt"
	"reflect"

	"corpus/lib"
)

type reflected struct{ events chan int8 }

var all []*reflected

func main() {
	for i := 0; i < 12; i++ {
		r := &reflected{make(chan int8)}
		all = append(all, r)
		go func() { <-r.events }()
	}
	lib.Wait()
	for _, r := range all {
		send := reflect.ValueOf(r.events).Send
		send(reflect.ValueOf(int8(1)))
	}
	fmt.Println(len(all))
}

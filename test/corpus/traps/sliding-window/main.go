// The newest samples, in a slice whose beginning is cut off as its end grows.
//
// corpus: over=3s
package main

import (
	"time"

	"corpus/lib"
)

type sample struct {
	at    int64
	value [15]float64
}

var window []sample

func add(at int64) {
	if len(window) == 12000 {
		window = window[1:]
	}
	window = append(window, sample{at: at})
}

func main() {
	for i := int64(0); i < 30000; i++ {
		add(i)
	}
	go func() {
		for i := int64(30000); ; i++ {
			time.Sleep(time.Millisecond)
			add(i)
		}
	}()
	lib.Wait()
	println(len(window))
}

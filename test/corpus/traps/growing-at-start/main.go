// A list that was filled at the start, as far as it will ever be.
package main

import (
	"fmt"

	"corpus/lib"
)

type country struct {
	code  string
	rates [50]float64
}

var countries []*country

func load(count int) {
	for i := 0; i < count; i++ {
		countries = append(countries, &country{code: fmt.Sprint("C", i)})
	}
}

func main() {
	load(10000)
	lib.Wait()
	println(len(countries))
}

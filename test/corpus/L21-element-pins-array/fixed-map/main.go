// The index has products of its own.
package main

import (
	"fmt"

	"corpus/lib"
)

type product struct {
	name  string
	notes *string
	cents [30]int
}

var index = map[string]*product{}

func load(list int) []product {
	products := make([]product, 500)
	for i := range products {
		products[i].name = fmt.Sprint("product ", list, "/", i)
	}
	return products
}

func offer(list int) {
	products := load(list)
	for i := range products {
		products[i].name = products[i].name[8:]
	}
	own := products[7]
	index[fmt.Sprint(list)] = &own
}

func main() {
	for list := 0; list < 60; list++ {
		offer(list)
	}
	lib.Wait()
	println(len(index))
}

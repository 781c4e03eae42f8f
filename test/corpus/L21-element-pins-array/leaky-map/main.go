// An index points to single products of lists that nobody has any more.
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

var index = map[string]*product{} // HOLDER L21

func load(list int) []product {
	products := make([]product, 500) // LEAK L21 count=60 bytes=60*139264 certainty=likely holder=main.index
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
	index[fmt.Sprint(list)] = &products[7]
}

func main() {
	for list := 0; list < 60; list++ {
		offer(list)
	}
	lib.Wait()
	println(len(index))
}

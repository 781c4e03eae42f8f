// The quote finds room when nobody wants it any more.
package main

import (
	"errors"

	"corpus/lib"
)

type quote struct {
	cents int
	terms []byte
}

var errSoldOut = errors.New("sold out")

func reserve(item int) error {
	if item%3 == 0 {
		return errSoldOut
	}
	return nil
}

func askSupplier(item int, quotes chan<- quote) {
	q := quote{item * 100, make([]byte, 131072)}
	quotes <- q
}

func buy(item int) (int, error) {
	quotes := make(chan quote, 1)
	go askSupplier(item, quotes)
	if err := reserve(item); err != nil {
		return 0, err
	}
	q := <-quotes
	return q.cents, nil
}

func main() {
	spent := 0
	for item := 0; item < 300; item++ {
		cents, _ := buy(item)
		spent += cents
	}
	lib.Wait()
	println(spent)
}

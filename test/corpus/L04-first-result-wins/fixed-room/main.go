// Room for all.
package main

import "corpus/lib"

type offer struct {
	cents int
	terms []byte
}

func request(dealer int, offers chan<- *offer) {
	o := &offer{100 + dealer, make([]byte, 131072)}
	offers <- o
}

func best() int {
	offers := make(chan *offer, 6)
	for dealer := 0; dealer < 6; dealer++ {
		go request(dealer, offers)
	}
	return (<-offers).cents
}

func main() {
	sum := 0
	for i := 0; i < 30; i++ {
		sum += best()
	}
	lib.Wait()
	println(sum)
}

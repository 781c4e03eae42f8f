// A request waits for its reply. The worker gives up on bad requests without one.
package main

import (
	"errors"

	"corpus/lib"
)

type request struct {
	id    int
	body  []byte
	reply chan string
}

var errBad = errors.New("bad request")

func price(r *request) (string, error) {
	if r.id%2 == 1 {
		return "", errBad
	}
	return "9.99", nil
}

func worker(requests <-chan *request) {
	for r := range requests {
		answer, err := price(r)
		if err != nil {
			continue // no reply
		}
		r.reply <- answer
	}
}

func ask(requests chan<- *request, id int) string {
	r := &request{id: id, body: make([]byte, 131072), reply: make(chan string)}
	requests <- r
	answer := <-r.reply // LEAK L1 count=100 bytes=@measured certainty=proved
	return answer + string(r.body[:1])
}

func main() {
	requests := make(chan *request)
	go worker(requests)
	for id := 0; id < 200; id++ {
		go ask(requests, id)
	}
	lib.Wait()
	close(requests)
}

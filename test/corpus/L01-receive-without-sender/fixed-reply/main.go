// Every request gets a reply, the bad ones an error.
package main

import (
	"errors"

	"corpus/lib"
)

type answer struct {
	text string
	err  error
}

type request struct {
	id    int
	body  []byte
	reply chan answer
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
		text, err := price(r)
		r.reply <- answer{text, err}
	}
}

func ask(requests chan<- *request, id int) string {
	r := &request{id: id, body: make([]byte, 131072), reply: make(chan answer)}
	requests <- r
	a := <-r.reply
	if a.err != nil {
		return a.err.Error()
	}
	return a.text + string(r.body[:1])
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

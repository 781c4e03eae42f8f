// The body of an answer is not closed, so its connection can not be used again.
//
// corpus: also=L17
package main

import (
	"net/http"
	"net/http/httptest"

	"corpus/lib"
)

type client struct {
	web   http.Client
	codes map[int]int
}

func (c *client) status(url string) {
	answer, err := c.web.Get(url) // LEAK L33 count=40 certainty=likely place=any
	if err != nil {
		panic(err)
	}
	c.codes[answer.StatusCode]++
}

func main() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(make([]byte, 100000))
	}))
	c := &client{codes: map[int]int{}}
	for i := 0; i < 40; i++ {
		c.status(server.URL)
	}
	lib.Wait()
	println(len(c.codes))
	server.Close()
}

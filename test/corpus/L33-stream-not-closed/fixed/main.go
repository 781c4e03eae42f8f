// Read and closed.
package main

import (
	"io"
	"net/http"
	"net/http/httptest"

	"corpus/lib"
)

type client struct {
	web   http.Client
	codes map[int]int
}

func (c *client) status(url string) {
	answer, err := c.web.Get(url)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, answer.Body)
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

// A client tries again when the server is busy, and forgets the answer that said so.
package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	"corpus/lib"
)

type client struct {
	http.Client
	tries int
}

func (c *client) get(url string) (body []byte, err error) {
	for i := 0; i < c.tries; i++ {
		answer, err := c.Get(url) // LEAK L33 count=20 certainty=likely
		if err != nil {
			return nil, err
		}
		if answer.StatusCode == http.StatusServiceUnavailable {
			continue
		}
		defer answer.Body.Close()
		return io.ReadAll(answer.Body)
	}
	return nil, io.EOF
}

func main() {
	var asked int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if atomic.AddInt64(&asked, 1)%2 == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		w.Write(make([]byte, 100))
	}))
	c := &client{tries: 3}
	for i := 0; i < 20; i++ {
		if _, err := c.get(server.URL); err != nil {
			panic(err)
		}
	}
	lib.Wait()
}

// Answers are read and closed; their connections are kept for the next request.
package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"corpus/lib"
)

func main() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(30 * time.Millisecond)
		io.WriteString(w, "hello")
	}))
	transport := &http.Transport{MaxIdleConnsPerHost: 30}
	web := &http.Client{Transport: transport, Timeout: time.Minute}
	var asked sync.WaitGroup
	for i := 0; i < 30; i++ {
		asked.Add(1)
		go func() {
			defer asked.Done()
			answer, err := web.Get(server.URL)
			if err != nil {
				return
			}
			defer answer.Body.Close()
			io.Copy(io.Discard, answer.Body)
		}()
	}
	asked.Wait()
	lib.Wait()
	server.Close()
}

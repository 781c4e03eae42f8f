// A server at rest, with connections that its clients keep open.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"corpus/lib"
)

func serve(w http.ResponseWriter, r *http.Request) {
	time.Sleep(50 * time.Millisecond)
	fmt.Fprintln(w, "hello,", r.URL.Path)
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(serve), IdleTimeout: time.Hour}
	go server.Serve(listener)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 40}}
	var requests sync.WaitGroup
	for i := 0; i < 40; i++ {
		requests.Add(1)
		go func(i int) {
			defer requests.Done()
			answer, err := client.Get(fmt.Sprintf("http://%s/%d", listener.Addr(), i))
			if err != nil {
				return
			}
			defer answer.Body.Close()
			io.Copy(io.Discard, answer.Body)
		}(i)
	}
	requests.Wait()
	lib.Wait()
	server.Close()
}

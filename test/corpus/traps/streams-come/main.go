// Clients follow events by answers that never end, and more of them come.
//
// corpus: over=3s
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"corpus/lib"
)

func stream(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, "hello")
	w.(http.Flusher).Flush()
	events := make(chan string)
	for {
		select {
		case event := <-events:
			fmt.Fprintln(w, event)
		case <-time.After(time.Minute):
			fmt.Fprintln(w, "still here")
		case <-r.Context().Done():
			return
		}
	}
}

func follow(address string) {
	client, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer client.Close()
	fmt.Fprint(client, "GET / HTTP/1.1\r\nHost: events\r\n\r\n")
	io.Copy(io.Discard, client)
}

func main() {
	server := httptest.NewServer(http.HandlerFunc(stream))
	address := server.Listener.Addr().String()
	for i := 0; i < 40; i++ {
		go follow(address)
	}
	go func() {
		for {
			time.Sleep(80 * time.Millisecond)
			go follow(address)
		}
	}()
	lib.Wait()
	os.Exit(0)
}

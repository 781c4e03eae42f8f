// Clients read answers that never end, as far as they have come.
package main

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"corpus/lib"
)

func stream(w http.ResponseWriter, r *http.Request) {
	for i := 0; ; i++ {
		fmt.Fprintln(w, "event", i)
		w.(http.Flusher).Flush()
		select {
		case <-time.After(time.Minute):
		case <-r.Context().Done():
			return
		}
	}
}

func follow(url string) {
	answer, err := http.Get(url)
	if err != nil {
		return
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
	}
}

func main() {
	server := httptest.NewServer(http.HandlerFunc(stream))
	for i := 0; i < 40; i++ {
		go follow(server.URL)
	}
	lib.Wait()
	os.Exit(0)
}

// SPDX-License-Identifier: Apache-2.0

// Httpserver is an HTTP server under load from its own clients over loopback, with connections
// kept alive, some busy and some idle, and requests that hang.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	_ "net/http/pprof"
	"sync"
	"sync/atomic"
	"time"

	"programs/control"
)

var (
	clients = flag.Int("clients", 8, "clients that ask all the time")
	idle    = flag.Int("idle", 20, "connections that are kept alive and say nothing")
	hanging = flag.Int("hanging", 10, "requests that are never answered")
	pause   = flag.Duration("pause", 2*time.Millisecond, "of a client between two requests")
)

var counts struct{ requests, errors int64 }

type shop struct {
	sync.RWMutex
	stock map[string]int
}

func main() {
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	goods := &shop{stock: map[string]int{"tea": 1}}
	http.Handle("/stock", goods)
	http.HandleFunc("/hang", hang)
	server := &http.Server{IdleTimeout: time.Hour}
	go server.Serve(listener)
	url := "http://" + listener.Addr().String()
	for i := 0; i < *idle; i++ {
		keepIdle(listener.Addr().String())
	}
	for i := 0; i < *hanging; i++ {
		go ask(&http.Client{Transport: &http.Transport{}}, url+"/hang")
	}
	for i := 0; i < *clients; i++ {
		go load(url+"/stock", i)
	}
	time.Sleep(300 * time.Millisecond)
	control.Serve("url="+url, control.Commands{"counts": answer})
}

func answer([]string) ([]byte, error) {
	return json.Marshal(map[string]int64{
		"requests": atomic.LoadInt64(&counts.requests),
		"errors":   atomic.LoadInt64(&counts.errors),
	})
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		body, _ := io.ReadAll(r.Body)
		s.Lock()
		s.stock[string(body)]++
		s.Unlock()
		return
	}
	s.RLock()
	defer s.RUnlock()
	json.NewEncoder(w).Encode(s.stock)
}

func hang(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 24*time.Hour)
	defer cancel()
	<-ctx.Done()
}

// keepIdle asks once and leaves the connection open.
func keepIdle(address string) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(connection, "GET /stock HTTP/1.1\r\nHost: x\r\n\r\n")
	go io.Copy(io.Discard, connection)
}

func ask(client *http.Client, url string) error {
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

func load(url string, number int) {
	client := &http.Client{Transport: &http.Transport{}}
	for i := 0; ; i++ {
		err := ask(client, url)
		if err == nil && i%3 == 0 {
			var response *http.Response
			body := bytes.NewReader([]byte(fmt.Sprint("item", number, i%10)))
			if response, err = client.Post(url, "text/plain", body); err == nil {
				io.Copy(io.Discard, response.Body)
				response.Body.Close()
			}
		}
		atomic.AddInt64(&counts.requests, 1)
		if err != nil {
			atomic.AddInt64(&counts.errors, 1)
		}
		time.Sleep(*pause)
	}
}

// Shop is a small web shop that leaks: the program that `make demo` shows dowse.
//
// Each leak lies in a file of its own and is of a kind that real services have. None of them
// stops the shop from answering; that is what makes them hard to notice.
//
//	cart.go     a goroutine receives from a channel that nobody sends to any more
//	search.go   the loser of a timeout sends to a reader that has gone
//	stock.go    an early return keeps a mutex locked; everyone after it waits
//	mail.go     a channel that was never made; a job that ends in an empty select
//	report.go   one Done too few for a WaitGroup
//	session.go  a map that only grows
//
// It listens on the loopback interface alone, is its own customer, and ends by itself.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// Shop is what the handlers share.
type Shop struct {
	stock    *Stock
	sessions *Sessions
	mailer   *Mailer
}

func (s *Shop) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/login", s.login)
	mux.HandleFunc("/search", s.search)
	mux.HandleFunc("/cart", s.fillCart)
	return mux
}

func (s *Shop) login(w http.ResponseWriter, r *http.Request) {
	session := s.sessions.start(r.URL.Query().Get("user"))
	fmt.Fprintln(w, session.id)
}

func (s *Shop) search(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, search(r.URL.Query().Get("q")))
}

func (s *Shop) fillCart(w http.ResponseWriter, r *http.Request) {
	cart := newCart()
	cart.add(r.URL.Query().Get("item"))
	fmt.Fprintln(w, cart.count())
}

// visit is one customer's visit, over the network as a real one's would be.
func visit(client *http.Client, address string, customer int) error {
	wanted := "lamp"
	if customer%10 == 0 {
		wanted = "candelabrum"
	}
	for _, path := range []string{
		fmt.Sprintf("/login?user=customer-%d", customer),
		"/search?q=" + wanted,
		"/cart?item=" + wanted,
	} {
		response, err := client.Get("http://" + address + path)
		if err != nil {
			return err
		}
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
	return nil
}

func run(ctx context.Context, customers int) error {
	shop := &Shop{stock: newStock(), sessions: newSessions(), mailer: &Mailer{}}

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: shop.handler()}
	go server.Serve(listener)
	defer server.Close()

	address := listener.Addr().String()
	client := &http.Client{Timeout: 10 * time.Second}
	for customer := 0; customer < customers; customer++ {
		if err := visit(client, address, customer); err != nil {
			return err
		}
	}
	shop.stock.order("lamp", 20)
	shop.mailer.announce("We are open", 8)
	shop.mailer.sendLater()
	writeReports([]string{"north", "south", ""})

	fmt.Println("open")
	for customer := customers; ; customer++ {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(200 * time.Millisecond):
		}
		if err := visit(client, address, customer); err != nil {
			return err
		}
	}
}

func main() {
	customers := flag.Int("customers", 500, "visits before the shop says that it is open")
	limit := flag.Duration("for", 10*time.Minute, "how long to run")
	flag.Parse()

	ctx, cancel := context.WithTimeout(context.Background(), *limit)
	defer cancel()
	if err := run(ctx, *customers); err != nil {
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1)
	}
}

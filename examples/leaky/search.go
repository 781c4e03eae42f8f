package main

import "time"

const searchTimeout = 2 * time.Millisecond

// search asks the index, but not for longer than a customer waits.
//
// The leak: after a timeout nobody receives from result any more, so the goroutine that found the
// answer a little too late can never hand it over. A buffer of one would let it end.
func search(query string) string {
	result := make(chan string)
	go func() {
		result <- askIndex(query)
	}()
	select {
	case answer := <-result:
		return answer
	case <-time.After(searchTimeout):
		return "please try again"
	}
}

// askIndex knows its few words by heart, and has to look up all others.
func askIndex(query string) string {
	if query != "lamp" {
		time.Sleep(10 * searchTimeout)
	}
	return query + ": 3 found"
}

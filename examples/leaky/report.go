package main

import (
	"fmt"
	"io"
	"sync"
)

// writeReports writes the day's report of each branch, and closes the day when all are written.
//
// The leak: a branch without a name returns before its Done, and the day is never closed.
func writeReports(branches []string) {
	var pending sync.WaitGroup
	pending.Add(len(branches))
	for _, branch := range branches {
		branch := branch
		go writeReport(branch, &pending)
	}
	go closeDay(&pending)
}

func writeReport(branch string, pending *sync.WaitGroup) {
	if branch == "" {
		return
	}
	fmt.Fprintln(io.Discard, "report of", branch)
	pending.Done()
}

func closeDay(pending *sync.WaitGroup) {
	pending.Wait()
}

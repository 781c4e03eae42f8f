// The collector ranges over results; whoever knows that all are in does not close them.
package main

import (
	"sync"

	"corpus/lib"
)

type result struct {
	shop  string
	pages [][]byte
}

func query(shop string, results chan<- result) {
	results <- result{shop, [][]byte{make([]byte, 16384)}}
}

func collect(results <-chan result, report *[]result) {
	for r := range results { // LEAK L2 count=150 bytes=@measured certainty=proved
		*report = append(*report, r)
	}
}

func survey(shops []string) {
	results := make(chan result, 2)
	var report []result
	go collect(results, &report)
	var asked sync.WaitGroup
	for _, shop := range shops {
		asked.Add(1)
		go func(shop string) {
			defer asked.Done()
			query(shop, results)
		}(shop)
	}
	asked.Wait()
}

func main() {
	for i := 0; i < 150; i++ {
		survey([]string{"north", "south"})
	}
	lib.Wait()
}

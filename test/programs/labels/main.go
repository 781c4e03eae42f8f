// SPDX-License-Identifier: Apache-2.0

// Labels parks goroutines with sets of profiler labels of many sizes, and knows what they are.
package main

import (
	"bytes"
	"context"
	"fmt"
	"runtime/pprof"

	"programs/control"
)

// Up to Go 1.23 a set is a map: eight pairs fill a bucket, and the 14th, the 27th ... make it grow.
var sizes = []int{1, 2, 7, 8, 9, 13, 14, 15, 26, 27, 28, 100, 300}

func main() {
	ready := make(chan bool)
	for _, size := range sizes {
		var pairs []string
		for i := 0; i < size; i++ {
			pairs = append(pairs, fmt.Sprintf("key %d of %d", i, size), fmt.Sprintf("value/%d", i*i))
		}
		go pprof.Do(context.Background(), pprof.Labels(pairs...), func(context.Context) {
			ready <- true
			select {}
		})
	}
	for range sizes {
		<-ready
	}
	control.Serve("", control.Commands{"profile": profile})
}

// profile is the runtime's own account, as text.
func profile([]string) ([]byte, error) {
	var text bytes.Buffer
	err := pprof.Lookup("goroutine").WriteTo(&text, 1)
	return text.Bytes(), err
}

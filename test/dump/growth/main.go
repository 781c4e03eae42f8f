// SPDX-License-Identifier: Apache-2.0

// Growth works for some seconds and keeps of its work all ("leak"), nothing ("flat"), or as much as
// a cache has room for ("cache").
package main

import (
	"os"
	"strconv"
	"time"
)

var kept [][]byte

func main() {
	seconds, _ := strconv.Atoi(os.Args[2])
	for end := time.Now().Add(time.Duration(seconds) * time.Second); time.Now().Before(end); {
		for i := 0; i < 100; i++ {
			garbage = make([]byte, 64<<10)
		}
		piece := make([]byte, 100<<10)
		switch {
		case os.Args[1] == "leak":
			kept = append(kept, piece)
		case os.Args[1] == "cache" && len(kept) < 300:
			kept = append(kept, piece)
		case os.Args[1] == "cache":
			kept[len(garbage)%len(kept)] = piece
		}
		time.Sleep(20 * time.Millisecond)
	}
}

var garbage []byte

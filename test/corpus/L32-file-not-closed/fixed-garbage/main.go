// Closed on every way out.
package main

import (
	"os"

	"corpus/lib"
)

func size(path string) int64 {
	file, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

func main() {
	lib.AfterCollection(func() {
		for i := 0; i < 120; i++ {
			size("/proc/self/status")
		}
	})
	lib.Wait()
}

// Files are forgotten open. The collector would close them, but there is hardly any garbage.
package main

import (
	"os"

	"corpus/lib"
)

func size(path string) int64 {
	file, err := os.Open(path) // LEAK L32 count=120 certainty=suspect
	if err != nil {
		return 0
	}
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

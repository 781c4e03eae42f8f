// A goroutine waits for a program that was started.
package main

import (
	"bytes"
	"os/exec"

	"corpus/lib"
)

func run() {
	child := exec.Command("sleep", "300")
	child.Stdout = new(bytes.Buffer)
	if child.Start() == nil {
		child.Wait()
	}
}

func main() {
	for i := 0; i < 3; i++ {
		go run()
	}
	lib.Wait()
}

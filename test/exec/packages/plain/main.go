// Command plain is no test: it leaks, and serves until it is told to end.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func work(results chan int) { results <- 1 }

func main() {
	go work(make(chan int))
	if len(os.Args) > 1 {
		told := make(chan os.Signal, 1)
		signal.Notify(told, syscall.SIGTERM)
		fmt.Println("ready")
		fmt.Println(<-told)
	}
}

// A goroutine waits for the signal to end, another for the one to read the configuration again.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"corpus/lib"
)

func reload() {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	for range hangups {
		println("reading the configuration again")
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		println("shutting down")
	}()
	go reload()
	lib.Wait()
}

// SPDX-License-Identifier: Apache-2.0

// Shared is built with -buildmode=c-shared, and loaded by host.c: Go code in a C program.
package main

import "C"

import (
	"programs/control"
	"programs/menagerie"
)

//export RunZoo
func RunZoo() {
	// Elsewhere: this goroutine is locked to the thread that called, and coroutines would be too.
	started := make(chan struct{})
	go func() {
		menagerie.Start(menagerie.Options{})
		close(started)
	}()
	<-started
	control.Serve("", nil)
}

func main() {}

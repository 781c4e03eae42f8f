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
	menagerie.Start(menagerie.Options{})
	control.Serve("", nil)
}

func main() {}

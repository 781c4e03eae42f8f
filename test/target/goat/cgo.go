// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package main

// #include <unistd.h>
// static void nap(void) { usleep(1000); }
import "C"

// A thread that is in C most of the time.
func init() {
	go func() {
		for {
			C.nap()
		}
	}()
}

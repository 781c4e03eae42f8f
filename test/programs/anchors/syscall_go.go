// SPDX-License-Identifier: Apache-2.0

//go:build !cgo

package main

import "syscall"

func blockInSyscall() {
	var descriptors [2]int
	if syscall.Pipe(descriptors[:]) == nil {
		syscall.Read(descriptors[0], make([]byte, 1))
	}
}

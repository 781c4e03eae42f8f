// SPDX-License-Identifier: Apache-2.0

//go:build go1.24

package main

import (
	"runtime"
	weaks "weak"
)

type revived struct {
	self *revived
	data []byte
}

var handles []weaks.Pointer[revived]

// Rings that the program can still come by: a weak pointer's Value brings them back.
//
//go:noinline
func weak() {
	for i := 0; i < 25; i++ {
		r := &revived{data: make([]byte, 500)}
		r.self = r
		runtime.SetFinalizer(r, func(*revived) {})
		handles = append(handles, weaks.Make(r))
	}
}

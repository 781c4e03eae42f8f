// SPDX-License-Identifier: Apache-2.0

//go:build go1.24

package main

import (
	"fmt"
	"runtime"
	"unsafe"
	"weak"
)

var weakPointer weak.Pointer[Object]

// What Go has had since 1.24.
func more() []func() { return []func(){weakly, cleanup} }

//go:noinline
func weakly() {
	object := make1("weak-dead")
	weakPointer = weak.Make(object)
	use(object)
	block()
}

var cleanups int

//go:noinline
func cleanup() {
	object, argument := new(Object), make1("deep-cleanup-argument")
	mutex.Lock()
	where = append(where, fmt.Sprintf("cleanup object %#x", uintptr(unsafe.Pointer(object))))
	mutex.Unlock()
	runtime.AddCleanup(object, func(argument *Object) { cleanups++ }, argument)
	block()
	use(object)
}

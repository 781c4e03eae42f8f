// SPDX-License-Identifier: Apache-2.0

//go:build go1.24

package main

import (
	"fmt"
	"runtime"
	"unsafe"
	"weak"
)

var (
	weakPointer, weakKept weak.Pointer[Object]
	kept                  *Object
)

// What Go has had since 1.24.
func more() []func() { return []func(){weakly, cleanup} }

//go:noinline
func weakly() {
	object := make1("weak-dead")
	weakPointer = weak.Make(object)
	kept = make1("weak-kept")
	weakKept = weak.Make(kept)
	mutex.Lock()
	where = append(where, fmt.Sprintf("attached weak %#x", uintptr(unsafe.Pointer(kept))))
	mutex.Unlock()
	use(object)
	block()
}

var cleanups int

//go:noinline
func cleanup() {
	object, argument := new(Object), make1("deep-cleanup-argument")
	mutex.Lock()
	where = append(where, fmt.Sprintf("attached cleanup %#x", uintptr(unsafe.Pointer(object))))
	mutex.Unlock()
	runtime.AddCleanup(object, func(argument *Object) { cleanups++ }, argument)
	block()
	use(object)
}

// Its argument is what the queue leads to, of whatever the runtime makes to call it.
//
//go:noinline
func queueCleanups() {
	for i := 0; i < 100; i++ {
		object, argument := new(Object), new(Object)
		mutex.Lock()
		where = append(where, fmt.Sprintf("queued cleanup %#x", uintptr(unsafe.Pointer(argument))))
		mutex.Unlock()
		runtime.AddCleanup(object, func(*Object) { block() }, argument)
	}
}

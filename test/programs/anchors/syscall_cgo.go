// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package main

/*
#include <unistd.h>

extern void callback(void);

static void call_back(void)
{
	callback();
}

static void wait_for_ever(void)
{
	for (;;)
		pause();
}
*/
import "C"

//export callback
func callback() {
	object := make1("callback")
	C.wait_for_ever()
	use(object)
}

// Through C, into Go again, and to C.
func blockInSyscall() {
	object := make1("calls-c")
	C.call_back()
	use(object)
}

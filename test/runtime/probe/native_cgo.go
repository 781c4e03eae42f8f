// SPDX-License-Identifier: Apache-2.0

//go:build cgo && probe_cgo

package main

/*
#include <stdlib.h>
#include <string.h>

static void *probe_hold(size_t size)
{
	char *bytes = malloc(size);
	if (bytes)
		memset(bytes, 1, size);
	return bytes;
}
*/
import "C"

// native holds C memory, 30 MB unless PROBE_NATIVE says otherwise.
func native() {
	if C.probe_hold(C.size_t(argument("PROBE_NATIVE", 30<<20))) == nil {
		panic("no memory")
	}
}

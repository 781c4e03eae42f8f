// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"runtime"
	"unsafe"
)

//go:noinline
func callerPC(int) uintptr {
	pc, _, _, _ := runtime.Caller(1)
	return pc
}

// It becomes a part of whoever calls it, with its variable.
func inlined(seed *node) int {
	var inner node
	inner.left = seed
	innermost := &inner
	return len(innermost.left.value)
}

// Nine numbers fit into registers: the tenth lies where the caller's frame begins, which is the
// canonical frame address.
//
//go:noinline
func frame(a, b, c, d, e, f, g, h, i, stacked int, name string, list []*node) {
	var local node
	var row [5]*node
	var pair pair[int, string]
	local.value = name
	row[a&3] = list[0]
	pair.value = name
	pc := callerPC(inlined(list[0]))
	// Only numbers of these addresses leave, so that nothing does to the heap.
	locals, rows, pairs := uintptr(unsafe.Pointer(&local)), uintptr(unsafe.Pointer(&row)),
		uintptr(unsafe.Pointer(&pair))
	base := uintptr(unsafe.Pointer(&stacked))
	fmt.Fprintf(out, "frame %x local %d %x\n", pc, int(locals)-int(base), descriptor(plain))
	fmt.Fprintf(out, "frame %x row %d %x\n", pc, int(rows)-int(base), descriptor(row))
	fmt.Fprintf(out, "frame %x pair %d %x\n", pc, int(pairs)-int(base), descriptor(pair))
	use(local.value, row[b&3], pair.value, len(list), stacked, c+d+e+f+g+h+i)
}

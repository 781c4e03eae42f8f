// SPDX-License-Identifier: Apache-2.0

//go:build !go1.21

package control

import "runtime"

var stats runtime.MemStats

// LiveBytes is what the last collection found alive. Before 1.21 nothing tells, but right after one
// that has swept everything it is what is allocated.
func LiveBytes() uint64 {
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// SPDX-License-Identifier: Apache-2.0

//go:build go1.21

package control

import "runtime/metrics"

var sample = []metrics.Sample{{Name: "/gc/heap/live:bytes"}}

// LiveBytes is what the last collection found alive.
func LiveBytes() uint64 {
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

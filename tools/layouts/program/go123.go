// SPDX-License-Identifier: Apache-2.0

//go:build go1.23

package main

import (
	"fmt"
	"io"
	"iter"
	"unique"
)

func init() {
	newer = append(newer, func() {
		next, stop := iter.Pull(func(yield func(int) bool) { yield(1) })
		next()
		stop()
		fmt.Fprintln(io.Discard, unique.Make("x").Value())
	})
}

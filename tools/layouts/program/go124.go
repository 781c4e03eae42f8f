// SPDX-License-Identifier: Apache-2.0

//go:build go1.24

package main

import (
	"fmt"
	"io"
	"runtime"
	"weak"
)

func init() {
	newer = append(newer, func() {
		object := new(node)
		pointer := weak.Make(object)
		runtime.AddCleanup(object, func(int) {}, 1).Stop()
		fmt.Fprintln(io.Discard, pointer.Value())
	})
}

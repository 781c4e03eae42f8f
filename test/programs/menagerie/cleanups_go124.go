// SPDX-License-Identifier: Apache-2.0

//go:build go1.24

package menagerie

import (
	"runtime"
	"weak"
)

var _ = register(startCleanups)

func startCleanups() {
	object := new([64]byte)
	runtime.AddCleanup(object, cleanUp, 17)
	keep(weak.Make(object))
	object = nil
	runtime.GC()
}

func cleanUp(argument int) { hold() }

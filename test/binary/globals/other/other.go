// SPDX-License-Identifier: Apache-2.0

// Package other has variables with a path in their names.
package other

type hidden struct {
	next *hidden
	name string
}

// Kept is of a type that nobody else can name.
var Kept = &hidden{name: "kept"}

// Cache is of an anonymous type, so that no descriptor of the whole is in the program.
var Cache struct {
	Lock  [3]int32
	First *hidden
	Names []string
	Deep  [4]struct {
		Tag    int
		Hidden hidden
	}
}

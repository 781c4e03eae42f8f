// SPDX-License-Identifier: Apache-2.0

// Package dotted has a dot in the last element of its path, which symbol names escape as %2e.
package dotted

// Box is a generic type whose method blocks.
type Box[T any] struct{ Value T }

// Wait receives in a closure of a method of a generic type of an escaped package.
//
//go:noinline
func (b *Box[T]) Wait(never chan struct{}) T {
	func() {
		defer func() { _ = b }()
		<-never
	}()
	return b.Value
}

//go:noinline
func Größe(never chan struct{}, höhe int) int {
	<-never
	return höhe + 1
}

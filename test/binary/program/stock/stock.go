// SPDX-License-Identifier: Apache-2.0

// Package stock is inlined into the main package, across files and packages.
package stock

type Shelf[K comparable, V any] struct {
	Items map[K]V
	Order []K
}

func (s *Shelf[K, V]) Put(k K, v V, after func()) {
	s.Items[k] = v
	s.Order = append(s.Order, k)
	after()
}

func Twice(f func()) {
	f()
	f()
}

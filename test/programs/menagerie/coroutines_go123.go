// SPDX-License-Identifier: Apache-2.0

//go:build go1.23

package menagerie

import "iter"

var _ = register(startCoroutines)

func startCoroutines() {
	next, stop := iter.Pull(numbersUpTo(10))
	keep(next)
	keep(stop)
	next() // suspended in yield

	unstarted, stopUnstarted := iter.Pull(numbersUpTo(20))
	keep(unstarted)
	keep(stopUnstarted)

	pairs, stopPairs := iter.Pull2(func(yield func(string, int) bool) {
		defer hold()
		yield("a", 1)
	})
	keep(stopPairs)
	pairs()

	// One goroutine waits in a coroutine's stead.
	blocked, _ := iter.Pull(func(yield func(int) bool) { hold(); yield(1) })
	go blocked()
	go func() {
		inner, stopInner := iter.Pull(numbersUpTo(30))
		defer stopInner()
		inner()
		hold()
	}()
}

func numbersUpTo(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

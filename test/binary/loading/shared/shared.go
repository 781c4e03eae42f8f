// SPDX-License-Identifier: Apache-2.0

// A library for C: -buildmode=c-shared. It has a runtime of its own.
package main

import "C"

//export Triple
func Triple(n C.int) C.int { return 3 * n }

func main() {}

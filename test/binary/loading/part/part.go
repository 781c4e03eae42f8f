// SPDX-License-Identifier: Apache-2.0

// A plugin: -buildmode=plugin.
package main

import "C"

//go:noinline
func Double(n int) int { return n * Factor }

var Factor = 2

func main() {}

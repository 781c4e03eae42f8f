// SPDX-License-Identifier: Apache-2.0

package main

/*
static int twice(int n) { return 2 * n; }
*/
import "C"

func native() { C.twice(21) }

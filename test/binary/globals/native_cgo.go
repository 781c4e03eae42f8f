// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package main

// static int answer = 42;
// static int native_answer(void) { return answer; }
import "C"

var native = int(C.native_answer())

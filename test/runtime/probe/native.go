// SPDX-License-Identifier: Apache-2.0

//go:build !cgo || !probe_cgo

package main

func native() {}

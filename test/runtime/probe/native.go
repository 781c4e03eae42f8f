//go:build !cgo || !probe_cgo

package main

func native() {}

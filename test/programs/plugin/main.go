// SPDX-License-Identifier: Apache-2.0

// Plugin is built with -buildmode=plugin, and loaded by pluginhost: a second module of Go code.
package main

import "fmt"

type cage struct{ never chan struct{} }

func (c *cage) wait(number int, text string) int {
	func() { <-c.never }()
	return number + len(text)
}

func generic[T any](value T, never chan struct{}) string {
	<-never
	return fmt.Sprint(value)
}

// Start starts goroutines whose code lies in the plugin.
func Start() {
	c := &cage{make(chan struct{})}
	go c.wait(1, "plugin")
	go func() { c.wait(2, "closure") }()
	go generic("s", c.never)
	go generic(c, c.never)
	go func() {
		defer c.wait(3, "deferred")
		panic("in the plugin")
	}()
	func() { go Called(func() { <-c.never }) }()
}

// Called calls back.
func Called(function func()) { function() }

func main() {}

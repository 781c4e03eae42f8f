// SPDX-License-Identifier: Apache-2.0

// Zoo holds goroutines in every kind of wait and under every kind of frame.
package main

import (
	"flag"

	"programs/control"
	"programs/menagerie"
)

func main() {
	spin := flag.Bool("spin", false, "keep one goroutine computing")
	flag.Parse()
	go wait(1, "main")
	go func() { wait(2, "closure") }()
	menagerie.Start(menagerie.Options{Spin: *spin})
	commands := control.Commands{"leaks": leaks}
	for name, command := range more {
		commands[name] = command
	}
	control.Serve("", commands)
}

// more are the commands of files that not every build has.
var more = control.Commands{}

//go:noinline
func wait(number int, text string) {
	select {}
}

// SPDX-License-Identifier: Apache-2.0

// Pluginhost loads the plugin that its argument names.
package main

import (
	"os"
	"plugin"

	"programs/control"
	"programs/menagerie"
)

func main() {
	loaded, err := plugin.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	start, err := loaded.Lookup("Start")
	if err != nil {
		panic(err)
	}
	called, err := loaded.Lookup("Called")
	if err != nil {
		panic(err)
	}
	start.(func())()
	go called.(func(func()))(func() { select {} })
	menagerie.Start(menagerie.Options{})
	control.Serve("", nil)
}

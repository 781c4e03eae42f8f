// SPDX-License-Identifier: Apache-2.0

// host FILE...: load plugins and shared objects, by what their names end with, and wait. Its own
// file is mapped once more, as a program does that looks at its own symbols.
package main

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>

static const char *load(const char *path)
{
	return dlopen(path, RTLD_NOW | RTLD_LOCAL) ? "" : dlerror();
}
*/
import "C"

import (
	"bufio"
	"fmt"
	"os"
	"plugin"
	"strings"
	"syscall"
)

func main() {
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		panic(err)
	}
	info, err := self.Stat()
	if err != nil {
		panic(err)
	}
	if _, err := syscall.Mmap(int(self.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_PRIVATE); err != nil {
		panic(err)
	}
	for _, path := range os.Args[1:] {
		if strings.HasSuffix(path, ".plugin") {
			if _, err := plugin.Open(path); err != nil {
				panic(err)
			}
		} else if problem := C.GoString(C.load(C.CString(path))); problem != "" {
			panic(problem)
		}
	}
	fmt.Println("ready")
	bufio.NewReader(os.Stdin).ReadString('\n')
}

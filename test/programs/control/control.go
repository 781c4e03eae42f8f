// SPDX-License-Identifier: Apache-2.0

// Package control lets a test drive a program: one command a line on standard input, one answer
// a command on standard output, so that no goroutine but the one that answers has to move.
//
// An answer is a line "ok LENGTH" or "error LENGTH" and then that many bytes.
package control

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// Command answers one command; its words after the first are the arguments.
type Command func(arguments []string) ([]byte, error)

// Commands are those of one program, by name; Serve adds what all have.
type Commands map[string]Command

// Dump is the runtime's own text of all goroutines (debug=2), however long it is.
func Dump() []byte {
	for size := 1 << 20; ; size *= 2 {
		text := make([]byte, size)
		if n := runtime.Stack(text, true); n < size {
			return text[:n]
		}
	}
}

// Serve announces the process and answers until "exit" or the end of input, then returns.
func Serve(facts string, commands Commands) {
	// A large dump must not start a collection between two looks at the same goroutines.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	fmt.Printf("ready pid=%d go=%s %s\n", os.Getpid(), runtime.Version(), facts)
	input := bufio.NewReader(os.Stdin)
	for {
		line, err := input.ReadString('\n')
		if err != nil {
			return
		}
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if words[0] == "exit" {
			return
		}
		answer(os.Stdout, words, commands)
	}
}

func answer(output io.Writer, words []string, commands Commands) {
	text, err := run(words, commands)
	status := "ok"
	if err != nil {
		status, text = "error", []byte(err.Error())
	}
	var reply bytes.Buffer
	fmt.Fprintf(&reply, "%s %d\n", status, len(text))
	reply.Write(text)
	output.Write(reply.Bytes())
}

// Live collects twice, with something to be done in between, and tells what is alive. Behind it
// nothing is collected any more, and nothing is allocated but the answers.
func Live(between func()) []byte {
	debug.SetGCPercent(-1)
	runtime.GC()
	between()
	runtime.GC()
	return []byte(fmt.Sprint(LiveBytes()))
}

func run(words []string, commands Commands) ([]byte, error) {
	switch words[0] {
	case "dump":
		return Dump(), nil
	case "gc":
		// Twice: stacks that can shrink have shrunk, and waits are dated.
		runtime.GC()
		runtime.GC()
		return nil, nil
	case "count":
		return []byte(fmt.Sprint(runtime.NumGoroutine())), nil
	}
	if command := commands[words[0]]; command != nil {
		return command(words[1:])
	}
	if words[0] == "live" {
		return Live(func() {}), nil
	}
	return nil, fmt.Errorf("unknown command %q", words[0])
}

// SPDX-License-Identifier: Apache-2.0

// The program answers questions about itself, so that a test can compare what dowse reads out of
// its file and its memory with what its own runtime says.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"example.com/shop/stock"
)

// chain prints the logical stack: each frame with the pc that stands for it, and whether the
// frame was inlined into the next one.
//
//go:noinline
func chain() {
	pcs := make([]uintptr, 64)
	pcs = pcs[:runtime.Callers(1, pcs)]
	frames := runtime.CallersFrames(pcs)
	fmt.Printf("chain")
	for more := len(pcs) > 0; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		inlined := 0
		if frame.Func == nil {
			inlined = 1
		}
		fmt.Printf("\t%x|%s|%s|%d|%d", frame.PC, frame.Function, frame.File, frame.Line, inlined)
	}
	fmt.Println()
}

type counter struct{ n int }

func (c *counter) bump() {
	c.n++
	chain()
}

type bumper interface{ bump() }

type wrapped struct{ counter }

func inner(c *counter) { c.bump() }

func middle(c *counter) {
	if c.n < 1000 {
		inner(c)
	}
}

func outer(c *counter) {
	middle(c)
	middle(c)
}

func generic[T any](value T, c *counter) T {
	outer(c)
	return value
}

//go:noinline
func deferred(c *counter) {
	defer func() {
		recover()
		inner(c)
	}()
	var p *int
	*p = 1
}

// place is an open interface call through an embedded type: a wrapper is between.
//
//go:noinline
func place(b bumper) { b.bump() }

func chains() {
	c := &counter{}
	outer(c)
	generic("a", c)
	generic(struct{ A, B int }{}, c)
	place(&wrapped{})
	deferred(c)
	shelf := stock.Shelf[string, *counter]{Items: map[string]*counter{}}
	shelf.Put("one", c, func() { outer(c) })
	stock.Twice(func() { inner(c) })
	func() { func() { inner(c) }() }()
}

type (
	Colour             uint8
	Visitor            func(name string, more ...int) (bool, error)
	Pair[A any, B any] struct {
		First  A
		Second B
	}
	Basket struct {
		io.Writer
		*counter
		Name    string `json:"name"`
		Colours [3]Colour
		Prices  map[string][]float64
		Updates <-chan Pair[string, int]
		Visit   Visitor
		Any     interface{}
		Deep    struct {
			X, Y int32
			flag bool
		}
		next *Basket
		raw  unsafe.Pointer
		err  error
	}
)

var values = []interface{}{
	Basket{}, &Basket{}, Colour(1), Visitor(nil), Pair[string, int]{}, Pair[*Basket, []Colour]{},
	make(chan Basket), make(chan struct{}), make(chan<- []byte), make(<-chan error),
	make(chan (<-chan int)), map[string]*Basket{}, map[Colour]struct{ A int }{},
	[]interface{}{}, [4]map[int]bool{}, func(int, ...string) {}, struct{}{},
	(*io.Writer)(nil), (*error)(nil), (*interface{ Get(int) string })(nil),
	complex64(1), uintptr(0), unsafe.Pointer(nil), "", false, int8(0), float32(0),
	reflect.Value{}, strings.Builder{}, bufio.Reader{}, [0]int{}, (**int)(nil), os.File{},
	struct {
		A int `tag:"x"`
		_ [2]byte
		B string
	}{}, stock.Shelf[string, *counter]{},
}

// types prints every value's type descriptor: its address, and what reflect says of it.
func types() {
	for _, v := range values {
		t := reflect.TypeOf(v)
		printType(t)
		for t.Kind() == reflect.Ptr || t.Kind() == reflect.Slice || t.Kind() == reflect.Array ||
			t.Kind() == reflect.Chan || t.Kind() == reflect.Map {
			t = t.Elem()
			printType(t)
		}
	}
}

func printType(t reflect.Type) {
	address := (*[2]uintptr)(unsafe.Pointer(&t))[1]
	fmt.Printf("type\t%x\t%s\t%s\t%s\t%s\t%d", address, t.String(), t.Name(), t.PkgPath(), t.Kind(), t.Size())
	switch t.Kind() {
	case reflect.Array, reflect.Chan, reflect.Map, reflect.Ptr, reflect.Slice:
		fmt.Printf("\telem=%s", t.Elem())
	}
	if t.Kind() == reflect.Map {
		fmt.Printf("\tkey=%s", t.Key())
	}
	if t.Kind() == reflect.Array {
		fmt.Printf("\tlength=%d", t.Len())
	}
	if t.Kind() == reflect.Struct {
		for i := 0; i < t.NumField(); i++ {
			f := t.Field(i)
			fmt.Printf("\t%s,%s,%d,%v", f.Name, f.Type, f.Offset, f.Anonymous)
		}
	}
	fmt.Println()
}

// lookup prints what the runtime says of one pc: the innermost frame that it stands for.
func lookup(out *bufio.Writer, pc uint64) {
	frame, _ := runtime.CallersFrames([]uintptr{uintptr(pc) + 1}).Next()
	fmt.Fprintf(out, "%x|%s|%s|%d|%x\n", pc, frame.Function, frame.File, frame.Line, frame.Entry)
}

func main() {
	native()
	in := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	fmt.Printf("version\t%s\n", runtime.Version())
	chains()
	types()
	fmt.Println("ready")
	for in.Scan() {
		if in.Text() == "" {
			fmt.Fprintln(out, "done")
			out.Flush()
			continue
		}
		pc, err := strconv.ParseUint(in.Text(), 16, 64)
		if err != nil {
			panic(err)
		}
		lookup(out, pc)
	}
}

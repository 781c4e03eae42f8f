// SPDX-License-Identifier: Apache-2.0

// types says of values of many types what reflect and unsafe know of them, one fact a line, then waits
// for the end of its input. It links much of the standard library, for the sake of its types.
//
//	type ADDRESS NAME PACKAGE KIND SIZE	for each of the values, and all that they are made of
//	word ADDRESS OFFSET PATH POINTEE	a word of a value that can hold a pointer, and what that leads to
//	itab WORD NAME		the first word of an interface with methods, and what it holds
//	eface WORD NAME		the same of one without
//	closure FUNCTION POINTEES	what the captured variables lead to, sorted
package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"go/types"
	"html/template"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

type ID struct {
	high uint32
	text string
	next *ID
}

type Pair[A, B any] struct {
	first  A
	second B
}

type Shape interface{ Area() float64 }

type Square struct{ side float64 }

func (s Square) Area() float64 { return s.side }

type Wrapped struct{ inner *Square }

func (w Wrapped) Area() float64 { return 0 }

type Base struct {
	name string
	tags []string
}

type Nested struct {
	small  int8
	shape  Shape
	any    interface{}
	ids    [3]ID
	deep   [2][2]struct{ a, b *int }
	table  map[string]ID
	wide   map[[40]int64][40]*int
	lines  <-chan string
	send   chan<- *ID
	call   func(int) string
	raw    unsafe.Pointer
	number uintptr
	empty  struct{}
	Base
	*ID2
	values []Pair[string, *ID]
	err    error
	last   [0]*int
}

type ID2 struct{ back *Nested }

type Large struct {
	count int
	items [100000]*ID
}

type Tree struct {
	left, right *Tree
	value       interface{}
}

type Odd struct {
	flags [3]bool
	when  time.Time
	cell  atomic.Pointer[ID]
	pool  sync.Pool
	once  sync.Once
	table sync.Map
	timer *time.Timer
	value atomic.Value
}

type Header map[string][]string

var values = []interface{}{
	ID{}, Pair[string, *ID]{}, Pair[[]byte, map[int]string]{}, Square{}, Wrapped{}, Nested{}, Large{},
	Tree{}, Odd{}, Header{}, [5]ID{}, [7]*ID{}, [4][4]string{}, []string{}, map[string]int{},
	map[string]*ID{}, map[int32]int32{}, map[int8]string{}, map[ID]bool{}, map[string]struct{}{},
	map[[40]int64]string{}, map[string][200]byte{}, map[interface{}]interface{}{},
	map[struct{}]*int{}, make(chan int), make(chan ID), make(<-chan *ID), make(chan struct{}),
	func() {}, func(int, ...string) error { return nil }, errors.New("x"), context.Background(),
	&http.Server{}, &http.Transport{}, http.Header{}, &http.Client{}, &bufio.Reader{},
	&strings.Builder{}, &strings.Reader{}, time.Time{}, &time.Timer{}, &sync.WaitGroup{}, &sync.Pool{},
	&sync.Map{}, os.Stdin, struct {
		a int
		b *int
	}{}, &sql.DB{}, &gob.Decoder{}, &json.Decoder{}, &xml.Decoder{}, &types.Checker{}, &types.Info{},
	&template.Template{}, unsafe.Pointer(nil), uintptr(0), "text", 1.5, true, complex(1, 2),
}

type words struct{ first, second uintptr }

func wordOf(value interface{}) uintptr {
	return (*words)(unsafe.Pointer(&value)).first
}

func typeWord(t reflect.Type) uintptr {
	var i interface{} = t
	return (*words)(unsafe.Pointer(&i)).second
}

func packageOf(t reflect.Type) string {
	for t.Name() == "" {
		switch t.Kind() {
		case reflect.Ptr, reflect.Slice, reflect.Array, reflect.Chan:
			t = t.Elem()
		case reflect.Map:
			if t.Elem().Name() == "" || t.Elem().PkgPath() != "" || t.Key().PkgPath() == "" {
				t = t.Elem()
			} else {
				t = t.Key()
			}
		default:
			return ""
		}
	}
	return t.PkgPath()
}

// pointee is what a word of that kind leads to, as dowse calls it.
func pointee(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Ptr:
		return t.Elem().String()
	case reflect.Slice:
		return "[]" + t.Elem().String()
	case reflect.String:
		return "string"
	case reflect.Map:
		return t.String()
	case reflect.Chan:
		return reflect.ChanOf(reflect.BothDir, t.Elem()).String()
	case reflect.Interface:
		return "dynamic"
	}
	return "-"
}

// walk names every word of a value that can hold a pointer.
func walk(whole, t reflect.Type, offset uintptr, path string, special string) {
	switch t.Kind() {
	case reflect.Struct:
		for i := 0; i < t.NumField(); i++ {
			field := t.Field(i)
			inner := ""
			if field.Type.Kind() == reflect.UnsafePointer {
				inner = rule(t, field.Name)
			}
			walk(whole, field.Type, offset+field.Offset, path+"."+field.Name, inner)
		}
	case reflect.Array:
		if t.Len() > 1000 {
			walk(whole, t.Elem(), offset+t.Elem().Size()*999, path+"[999]", "")
			return
		}
		for i := 0; i < t.Len(); i++ {
			walk(whole, t.Elem(), offset+t.Elem().Size()*uintptr(i),
				fmt.Sprintf("%s[%d]", path, i), "")
		}
	case reflect.Ptr, reflect.Slice, reflect.String, reflect.Map, reflect.Chan, reflect.Interface,
		reflect.Func, reflect.UnsafePointer:
		name := pointee(t)
		if special != "" {
			name = special
		}
		if t.Kind() == reflect.Interface {
			offset += unsafe.Sizeof(offset)
		}
		fmt.Printf("word\t%x\t%d\t%s\t%s\n", typeWord(whole), offset, path, name)
	}
}

// rule is what is known of fields whose type says nothing.
func rule(t reflect.Type, field string) string {
	name := t.String()
	switch {
	case strings.HasPrefix(name, "atomic.Pointer[") && field == "v":
		return t.Field(0).Type.Elem().Elem().String()
	case name == "sync.entry": // 1.19
		return "interface {}"
	case name == "sync.Pool":
		return "[]sync.poolLocal"
	}
	return ""
}

var seen = map[reflect.Type]bool{}

func describe(t reflect.Type) {
	if seen[t] || len(seen) > 20000 {
		return
	}
	seen[t] = true
	fmt.Printf("type\t%x\t%s\t%s\t%s\t%d\n", typeWord(t), t, packageOf(t), t.Kind(), t.Size())
	walk(t, t, 0, "", "")
	switch t.Kind() {
	case reflect.Struct:
		for i := 0; i < t.NumField(); i++ {
			describe(t.Field(i).Type)
		}
	case reflect.Map:
		describe(t.Key())
		describe(t.Elem())
	case reflect.Ptr, reflect.Slice, reflect.Array, reflect.Chan:
		describe(t.Elem())
	case reflect.Func:
		for i := 0; i < t.NumIn(); i++ {
			describe(t.In(i))
		}
	}
}

// Rare has pointers where nothing else has any.
type Rare struct {
	a    *int
	_    [3]int
	b    *int
	_    [2]int
	c, d *int
	_    [5]int
	e    *int
}

var allocated []interface{}

//go:noinline
func allocate(count int) {
	allocated = append(allocated, new(Rare), make([]Rare, count), make(map[string]*Rare, count),
		make(chan *Rare, count))
}

func (id *ID) length() int { return len(id.text) }

var kept []func() int

// keep says what a closure has captured that can hold pointers.
func keep(closure func() int, pointees string) {
	kept = append(kept, closure)
	fmt.Printf("closure\t%x\t%s\n", **(**uintptr)(unsafe.Pointer(&closure)), pointees)
}

//go:noinline
func makeClosures(id *ID, text string, number int, table map[string]int, shape Shape) {
	keep(func() int { return number + len(id.text) + len(text) }, "main.ID,string")
	keep(func() int { return len(table) + int(shape.Area()) }, "dynamic,map[string]int")
	counter := 0
	keep(func() int { counter++; return counter }, "int")
	keep(id.length, "main.ID")
	keep(func() int { return number }, "")
	keep(func() int {
		keep(func() int { return len(text) + number }, "string")
		return number
	}, "string")
	pair := &Pair[[]ID, chan int]{}
	keep(func() int { return len(pair.first) + cap(pair.second) },
		"main.Pair[[]main.ID,chan int]")
	kept[len(kept)-2]()
}

type Held struct {
	id    *ID
	count int
}

// made are values of types that no compiler has seen.
func made() (list []interface{}) {
	of := func(value interface{}) reflect.Type { return reflect.TypeOf(value) }
	structure := reflect.StructOf([]reflect.StructField{
		{Name: "Number", Type: of(0), Tag: `json:"number,omitempty" path:"a\b"`},
		{Name: "Held", Type: of(Held{}), Anonymous: true},
		{Name: "hidden", PkgPath: "main", Type: of(new(Square))},
		{Name: "Empty", Type: reflect.StructOf(nil)},
		{Name: "Channel", Type: reflect.ChanOf(reflect.BothDir,
			reflect.ChanOf(reflect.RecvDir, of(Square{}))), Tag: "last"},
	})
	types := []reflect.Type{
		structure,
		reflect.PtrTo(structure),
		reflect.SliceOf(reflect.ArrayOf(7, structure)),
		reflect.MapOf(reflect.ArrayOf(3, of("")), reflect.SliceOf(structure)),
		reflect.ChanOf(reflect.SendDir, structure),
		reflect.FuncOf([]reflect.Type{of(Held{}), structure, reflect.SliceOf(of(Square{}))},
			[]reflect.Type{of(Square{}), of(Held{})}, true),
		reflect.FuncOf(nil, []reflect.Type{structure}, false),
		reflect.FuncOf([]reflect.Type{structure}, nil, false),
		reflect.StructOf([]reflect.StructField{
			{Name: "Inner", Type: reflect.ArrayOf(2, structure)},
			{Name: "Func", Type: reflect.FuncOf([]reflect.Type{of(0), of(Square{})}, nil, false)},
		}),
	}
	for _, one := range types {
		list = append(list, reflect.Zero(one).Interface())
	}
	return list
}

func main() {
	values = append(values, made()...)
	makeClosures(&ID{text: "x"}, os.Args[0], len(os.Args), map[string]int{}, Square{2})
	allocate(len(os.Args) + 100)
	for _, value := range values {
		describe(reflect.TypeOf(value))
	}
	for _, shape := range []Shape{Square{1}, &Square{2}, Wrapped{nil}, &Wrapped{nil}} {
		fmt.Printf("itab\t%x\t%T\n", (*words)(unsafe.Pointer(&shape)).first, shape)
	}
	for _, value := range values {
		fmt.Printf("eface\t%x\t%T\n", wordOf(value), value)
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
	// Kept alive: servers and what hangs off them.
	fmt.Fprintln(io.Discard, values, kept, allocated)
}

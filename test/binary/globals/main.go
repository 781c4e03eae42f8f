// SPDX-License-Identifier: Apache-2.0

// Globals prints where its variables lie and which descriptors their parts have, from reflect, and
// then stays.
//
//	at LABEL ADDRESS DESCRIPTOR OFFSET POINTER ARRAY
//	led LABEL ADDRESS DESCRIPTOR OFFSET	to which a variable's initial value leads
//	frame PC NAME PLACE DESCRIPTOR
package main

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"unsafe"

	"example.test/globals/other"
)

type node struct {
	left, right *node
	value       string
	meta        map[string]*node
}

type embedding struct {
	node
	*pair[int, string]
	err error
}

type pair[K comparable, V any] struct {
	key   K
	value V
	next  *pair[K, V]
}

type number int32
type handler func(*node) error

var (
	plain     node
	pointer   = &node{value: "p"}
	array     [7]node
	slice     = make([]node, 3)
	pointers  []*node
	text      = "text"
	table     = map[string]*node{}
	channel   = make(chan *node, 1)
	function  = func() { println(pointer) }
	handle    handler
	empty     any = 7
	failure   error
	generic   pair[string, []int]
	generics  *pair[string, node]
	embedded  embedding
	small     number = 3
	counters  [1000]uint64
	anonymous struct {
		before int
		inner  struct {
			nodes  []node
			byName map[string]*node
			next   *struct{ only *node }
		}
		pairs [5]struct {
			a, b *pair[int, string]
		}
	}
	onlySlice   []lonely
	onlyPointer *remote
	matrix      [3][4]*node
	filled      map[string]*node
	queue       chan *node
	copied      embedding
	chained     = []*node{nil, {left: &node{value: "end"}}}
)

type lonely struct{ first, second *node }
type remote = struct{ where *node }

var out = bufio.NewWriter(os.Stdout)

// The type word of an interface.
func descriptor(value any) uintptr {
	return *(*uintptr)(unsafe.Pointer(&value))
}

func sayPart(label string, at unsafe.Pointer, descriptor uintptr, offset uintptr, pointer, array int) {
	fmt.Fprintf(out, "at %s %x %x %d %d %d\n", label, at, descriptor, offset, pointer, array)
}

// A variable whose own type has a descriptor: that one, wherever in it one asks.
func sayWhole(label string, variable any) {
	kind := reflect.TypeOf(variable).Elem()
	address := reflect.ValueOf(variable).UnsafePointer()
	own := descriptor(reflect.Zero(kind).Interface())
	if kind.Kind() == reflect.Interface {
		own = uintptr(reflect.ValueOf(kind).UnsafePointer())
	}
	for offset := uintptr(0); offset < kind.Size(); offset += 8 {
		sayPart(label, unsafe.Add(address, offset), own, offset, 0, 0)
	}
}

//go:noinline
func use(values ...any) {
	for _, value := range values {
		runtime.KeepAlive(value)
	}
}

// Through fields alone, so that no descriptor of what surrounds them is made.
//
//go:noinline
func grow() {
	anonymous.before++
	anonymous.inner.nodes = append(anonymous.inner.nodes, plain)
	anonymous.inner.byName = map[string]*node{"a": pointer}
	if anonymous.inner.next != nil {
		anonymous.inner.next.only = pointer
	}
	anonymous.pairs[anonymous.before].b = embedded.pair
	onlySlice = append(onlySlice, lonely{first: pointer})
	if onlyPointer == nil {
		onlyPointer = new(remote)
	}
	onlyPointer.where = pointer
	matrix[1][anonymous.before] = pointer
	other.Cache.Names = append(other.Cache.Names, text)
	other.Cache.First = other.Kept
	other.Cache.Deep[anonymous.before].Hidden = *other.Cache.First
}

// What the runtime makes of a type, kept in variables.
//
//go:noinline
func keep(n int, name string) {
	if filled == nil {
		filled = make(map[string]*node, n)
	}
	filled[name] = pointer
	queue = make(chan *node, n)
	copied = embedded
}

func main() {
	use(native)
	keep(len(os.Args)+20, os.Args[0])
	frame(len(os.Args), 2, 3, 4, 5, 6, 7, 8, 9, 10, os.Args[0], []*node{pointer})
	grow()
	sayWhole("main.plain", &plain)
	sayWhole("main.pointer", &pointer)
	sayWhole("main.array", &array)
	sayWhole("main.slice", &slice)
	sayWhole("main.pointers", &pointers)
	sayWhole("main.text", &text)
	sayWhole("main.table", &table)
	sayWhole("main.channel", &channel)
	sayWhole("main.function", &function)
	sayWhole("main.handle", &handle)
	sayWhole("main.empty", &empty)
	sayWhole("main.failure", &failure)
	sayWhole("main.generic", &generic)
	sayWhole("main.generics", &generics)
	sayWhole("main.embedded", &embedded)
	sayWhole("main.small", &small)
	sayWhole("main.counters", &counters)
	sayWhole("example.test/globals/other.Kept", &other.Kept)

	var nodes []node
	var names []string
	var byName map[string]*node
	sayPart("main.anonymous", unsafe.Pointer(&anonymous.before), descriptor(int(0)), 0, 0, 0)
	for offset := uintptr(0); offset < 24; offset += 8 {
		at := unsafe.Pointer(&anonymous.inner.nodes)
		sayPart("main.anonymous", unsafe.Add(at, offset), descriptor(nodes), offset, 0, 0)
		at = unsafe.Pointer(&other.Cache.Names)
		sayPart("example.test/globals/other.Cache", unsafe.Add(at, offset), descriptor(names),
			offset, 0, 0)
	}
	at := unsafe.Pointer(&anonymous.inner.byName)
	sayPart("main.anonymous", at, descriptor(byName), 0, 0, 0)
	for i := range anonymous.pairs {
		own := descriptor(embedded.pair)
		sayPart("main.anonymous", unsafe.Pointer(&anonymous.pairs[i].a), own, 0, 0, 0)
		sayPart("main.anonymous", unsafe.Pointer(&anonymous.pairs[i].b), own, 0, 0, 0)
	}
	own := reflect.ValueOf(reflect.TypeOf(other.Kept)).Pointer()
	sayPart("example.test/globals/other.Cache", unsafe.Pointer(&other.Cache.First), own, 0, 0, 0)
	hidden := reflect.ValueOf(reflect.TypeOf(other.Kept).Elem()).Pointer()
	for i := range other.Cache.Deep {
		deep := &other.Cache.Deep[i]
		sayPart("example.test/globals/other.Cache", unsafe.Pointer(&deep.Tag), descriptor(int(0)),
			0, 0, 0)
		for offset := uintptr(0); offset < 24; offset += 8 {
			sayPart("example.test/globals/other.Cache",
				unsafe.Add(unsafe.Pointer(&deep.Hidden), offset), hidden, offset, 0, 0)
		}
	}
	for i := range matrix {
		for j := range matrix[i] {
			sayPart("main.matrix", unsafe.Pointer(&matrix[i][j]), descriptor(pointer), 0, 0, 0)
		}
	}
	for offset := uintptr(0); offset < unsafe.Sizeof(plain); offset += 8 {
		fmt.Fprintf(out, "led main.pointer %x %x %d\n", unsafe.Add(unsafe.Pointer(pointer), offset),
			descriptor(plain), offset)
		fmt.Fprintf(out, "led main.chained %x %x %d\n",
			unsafe.Add(unsafe.Pointer(chained[1].left), offset), descriptor(plain), offset)
	}
	fmt.Fprintf(out, "led main.chained %x %x 8\n", &chained[1].right, descriptor(plain))
	// Only of their elements are there descriptors.
	sayPart("main.onlySlice", unsafe.Pointer(&onlySlice), descriptor(lonely{}), 0, 1, 1)
	sayPart("main.onlyPointer", unsafe.Pointer(&onlyPointer), descriptor(remote{}), 0, 1, 0)
	fmt.Fprintln(out, "ready")
	out.Flush()
	bufio.NewReader(os.Stdin).ReadByte()
	use(array)
}

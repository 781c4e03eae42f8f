// SPDX-License-Identifier: Apache-2.0

package main

import (
	"reflect"
	"runtime"
	"unsafe"
)

// What seldom happens: types made while the program runs, objects of exactly a class's size, ones
// that a global and a goroutine have both, and cycles that nobody has.

type Made struct{ data [6]uint64 }

var made []interface{}

func buildMade() {
	kind := reflect.StructOf([]reflect.StructField{
		{Name: "Number", Type: reflect.TypeOf(0)},
		{Name: "Target", Type: reflect.TypeOf((*Made)(nil))},
		{Name: "Many", Type: reflect.ArrayOf(90, reflect.TypeOf((*Made)(nil)))},
	})
	for i := 0; i < 30; i++ {
		value := reflect.New(kind)
		value.Elem().Field(1).Set(reflect.ValueOf(new(Made)))
		value.Elem().Field(2).Index(i).Set(reflect.ValueOf(new(Made)))
		made = append(made, value.Interface())
	}
}

func describeMade(s *structure) {
	values[Made](s, 60)
	s.many(reflect.TypeOf(made[0]).Elem().String(), 30, cost(16, func() unsafe.Pointer {
		return reflect.New(reflect.TypeOf(made[0]).Elem()).UnsafePointer()
	}))
	s.Exact = false // the library remembers the type
}

// Every size up to 2 KiB, and around what is large, with a pointer at the end and without.
type sized[A any] struct {
	room   A
	target *Sized
}
type Sized struct{ data [4]uint64 }

type Classes struct {
	a *sized[[1]uint64]
	b *sized[[14]uint64]
	c *sized[[15]uint64]
	d *sized[[62]uint64]
	e *sized[[63]uint64]
	f *sized[[64]uint64]
	g *sized[[126]uint64]
	h *sized[[127]uint64]
	i *sized[[128]uint64]
	j *sized[[1023]uint64]
	k *sized[[4094]uint64]
	l *sized[[4095]uint64]
	m *sized[[4096]uint64]
	n *sized[[5000]uint64]
	o *sized[[16384]uint64]
	p *sized[[100001]uint64]
}

var classes *Classes

func sizes[A any]() *sized[A] { return &sized[A]{target: new(Sized)} }

func buildClasses() {
	classes = &Classes{
		sizes[[1]uint64](), sizes[[14]uint64](), sizes[[15]uint64](),
		sizes[[62]uint64](), sizes[[63]uint64](), sizes[[64]uint64](),
		sizes[[126]uint64](), sizes[[127]uint64](), sizes[[128]uint64](),
		sizes[[1023]uint64](), sizes[[4094]uint64](), sizes[[4095]uint64](),
		sizes[[4096]uint64](), sizes[[5000]uint64](), sizes[[16384]uint64](),
		sizes[[100001]uint64](),
	}
}

func describeClasses(s *structure) {
	values[Classes](s, 1).Retained = s.Retained
	values[Sized](s, 16)
	values[sized[[1]uint64]](s, 1)
	values[sized[[14]uint64]](s, 1)
	values[sized[[15]uint64]](s, 1)
	values[sized[[62]uint64]](s, 1)
	values[sized[[63]uint64]](s, 1)
	values[sized[[64]uint64]](s, 1)
	values[sized[[126]uint64]](s, 1)
	values[sized[[127]uint64]](s, 1)
	values[sized[[128]uint64]](s, 1)
	values[sized[[1023]uint64]](s, 1)
	values[sized[[4094]uint64]](s, 1)
	values[sized[[4095]uint64]](s, 1)
	values[sized[[4096]uint64]](s, 1)
	values[sized[[5000]uint64]](s, 1)
	values[sized[[16384]uint64]](s, 1)
	values[sized[[100001]uint64]](s, 1)
	know(s, classes.p.target)
	s.way(hop("", classes), hop(".p", classes.p), hop(".target", classes.p.target))
}

type Both struct {
	data [5]uint64
	own  *BothOwn
}
type BothOwn struct{ data [3]uint64 }

var both *Both

//go:noinline
func holdBoth(b *Both) {
	started <- number()
	<-forever
	runtime.KeepAlive(b)
}

func buildBoth() {
	both = &Both{own: new(BothOwn)}
	go holdBoth(both)
	holder = <-started
}

func describeBoth(s *structure) {
	s.Exact = false // nobody has it alone
	values[Both](s, 1).Retained = slot[Both]() + slot[BothOwn]()
	values[BothOwn](s, 1)
	s.Roots = map[string][]string{at(unsafe.Pointer(both)): {"global", "goroutine"}}
}

type Lost struct {
	other *Lost
	data  [7]uint64
}

//go:noinline
func buildLost() {
	for i := 0; i < 1000; i++ {
		a, b := new(Lost), new(Lost)
		keepNot(unsafe.Pointer(a))
		a.other, b.other = b, a
	}
}

func describeLost(s *structure) { values[Lost](s, 0) }

var _ = register(
	building{"made types", "global", "main.made", buildMade, describeMade},
	building{"sizes", "global", "main.classes", buildClasses, describeClasses},
	building{"held twice", "", "", buildBoth, describeBoth},
	building{"lost cycles", "", "", buildLost, describeLost},
)

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"unsafe"
)

// Arrays, slices, inner pointers, types with parameters, types with many pointers.

type HugeElement struct{ data [5]uint64 }
type Huge [20000]*HugeElement

var huge *Huge

func buildHuge() {
	huge = new(Huge)
	for i := 0; i < 100; i++ {
		huge[i*199] = new(HugeElement)
	}
}

func describeHuge(s *structure) {
	values[HugeElement](s, 100)
	values[Huge](s, 1).Retained = s.Retained
	know(s, huge)
	know(s, huge[199])
	s.way(hop("", huge), hop("[199]", huge[199]))
}

// More than a KiB of pointers: from 1.27 on their mask is made when it is first needed.
type Broad struct {
	number  int
	targets [200]*BroadTarget
	text    string
	rest    [40]uint64
}
type BroadTarget struct{ data [3]uint64 }

var broad []*Broad

func buildBroad() {
	broad = make([]*Broad, 50)
	for i := range broad {
		broad[i] = new(Broad)
		for k := 0; k < 10; k++ {
			broad[i].targets[k*20+i%20] = new(BroadTarget)
		}
	}
}

func describeBroad(s *structure) {
	values[Broad](s, 50).Retained = 50 * (slot[Broad]() + 10*slot[BroadTarget]())
	values[BroadTarget](s, 500)
	arrays[*Broad](s, 1, 50)
	know(s, broad[17])
	know(s, broad[17].targets[57])
	s.way(step{"", at(unsafe.Pointer(&broad[0]))}, hop("[17]", broad[17]),
		hop(".targets[57]", broad[17].targets[57]))
}

// The same, many of them in one array, and beyond 128 KiB.
type Row struct {
	targets [160]*RowTarget
	number  int
}
type RowTarget struct{ data [2]*uint64 }

var rows []Row

func buildRows() {
	rows = make([]Row, 150)
	for i := range rows {
		for k := 0; k < 5; k++ {
			rows[i].targets[k*30+i%10] = new(RowTarget)
		}
	}
}

func describeRows(s *structure) {
	values[RowTarget](s, 750)
	arrays[Row](s, 1, 150).Retained = s.Retained
	know(s, rows[33].targets[63])
}

// What is behind a slice's length is alive as well.
type Beyond struct{ data [4]uint64 }

var beyond []*Beyond

func buildBeyond() {
	all := make([]*Beyond, 100)
	for i := range all {
		all[i] = new(Beyond)
	}
	beyond = all[:3]
}

func describeBeyond(s *structure) {
	values[Beyond](s, 100)
	arrays[*Beyond](s, 1, 100).Retained = s.Retained
	last := beyond[:100][99]
	know(s, last)
	s.way(step{"", at(unsafe.Pointer(&beyond[0]))}, hop("[99]", last))
}

// Ten elements in the middle keep a thousand.
type Part struct {
	target *PartTarget
	number int
}
type PartTarget struct{ data [3]uint64 }

var part []Part

func buildPart() {
	all := make([]Part, 1000)
	for i := range all {
		all[i].target = new(PartTarget)
	}
	part = all[500:510:510]
}

func describePart(s *structure) {
	values[PartTarget](s, 1000)
	arrays[Part](s, 1, 1000).Retained = s.Retained
	know(s, part[0].target)
}

// Values, not pointers, in a slice that has grown.
type Record struct {
	name   *RecordName
	fields [5]int
}
type RecordName struct{ data [3]uint64 }

var records []Record

func buildRecords() {
	for i := 0; i < 700; i++ {
		records = append(records, Record{name: new(RecordName)})
	}
}

func describeRecords(s *structure) {
	values[RecordName](s, 700)
	s.many("[]"+name[Record](), 1, s.rest()).Retained = s.Retained
}

// Numbers without a pointer: one large, many small.
type Sample float64
type Reading struct {
	samples []Sample
	label   string
}

var readings []*Reading

func buildReadings() {
	readings = make([]*Reading, 200)
	for i := range readings {
		readings[i] = &Reading{samples: make([]Sample, 10, 25), label: "one for all"}
	}
	readings[100].samples = make([]Sample, 131072)
}

func describeReadings(s *structure) {
	values[Reading](s, 200)
	s.many("[]"+name[Sample](), 200, array[Sample](25)).Bytes += array[Sample](131072) -
		array[Sample](25)
	arrays[*Reading](s, 1, 200)
}

// Only pointers to their middle: small ones do not say what they are, large ones say it from 1.22.
type Inner struct{ data [2]uint64 }
type Block struct {
	before [3]uint64
	inner  Inner
	target *BlockTarget
}
type BlockTarget struct{ data [6]uint64 }
type LargeBlock struct {
	before [100]uint64
	inner  Inner
	target *LargeBlockTarget
}
type LargeBlockTarget struct{ data [6]uint64 }
type Counter uint64

var (
	inners      []*Inner
	largeInners []*Inner
	counter     *Counter
)

func buildInners() {
	inners = make([]*Inner, 60)
	for i := range inners {
		inners[i] = &(&Block{target: new(BlockTarget)}).inner
	}
}

func describeInners(s *structure) {
	s.Inner = append(s.Inner, object{at(unsafe.Pointer(inners[5])), name[Block]()})
}

func buildLargeInners() {
	largeInners = make([]*Inner, 60)
	for i := range largeInners {
		largeInners[i] = &(&LargeBlock{target: new(LargeBlockTarget)}).inner
	}
}

func describeLargeInners(s *structure) {
	s.Inner = append(s.Inner, object{at(unsafe.Pointer(largeInners[5])), name[LargeBlock]()})
}

func buildCounter() {
	counters := new([10]Counter)
	counter = &counters[5]
}

func describeCounter(s *structure) {
	s.Inner = append(s.Inner, object{at(unsafe.Pointer(counter)), name[[10]Counter]()})
}

// The whole and its middle: the whole is the larger that fits.
type Whole struct {
	number int
	middle Middle
	next   *Whole
}
type Middle struct{ data [3]uint64 }

var (
	wholes  []*Whole
	middles []*Middle
)

func buildWholes() {
	middles = make([]*Middle, 40)
	wholes = make([]*Whole, 40)
	for i := range wholes {
		wholes[i] = new(Whole)
		middles[i] = &wholes[i].middle
	}
}

func describeWholes(s *structure) {
	values[Whole](s, 40)
	arrays[*Whole](s, 1, 40)
	arrays[*Middle](s, 1, 40)
	s.Exact = false // two roots
	know(s, wholes[3])
}

// A struct's first field lies where the struct does.
type Outer struct {
	first First
	rest  [6]uint64
	next  *Outer
}
type First struct{ number uint64 }

var firsts []*First
var outers []*Outer

func buildOuters() {
	firsts = make([]*First, 40)
	outers = make([]*Outer, 40)
	for i := range outers {
		outers[i] = new(Outer)
		firsts[i] = &outers[i].first
	}
}

func describeOuters(s *structure) {
	values[Outer](s, 40)
	arrays[*Outer](s, 1, 40)
	arrays[*First](s, 1, 40)
	s.Exact = false
	know(s, outers[3])
}

type Pair[K comparable, V any] struct {
	key   K
	value V
}
type Stack[T any] struct {
	items []T
	below *Stack[T]
}
type GenericKey string
type GenericValue struct{ data [3]uint64 }

var stacks *Stack[Pair[GenericKey, *GenericValue]]

func buildStacks() {
	for i := 0; i < 80; i++ {
		stacks = &Stack[Pair[GenericKey, *GenericValue]]{below: stacks}
		stacks.items = make([]Pair[GenericKey, *GenericValue], 5)
		for k := range stacks.items {
			stacks.items[k] = Pair[GenericKey, *GenericValue]{"key", new(GenericValue)}
		}
	}
}

func describeStacks(s *structure) {
	values[Stack[Pair[GenericKey, *GenericValue]]](s, 80).Retained = s.Retained
	arrays[Pair[GenericKey, *GenericValue]](s, 80, 5).Retained =
		80*array[Pair[GenericKey, *GenericValue]](5) + 400*slot[GenericValue]()
	values[GenericValue](s, 400)
	know(s, stacks)
	know(s, stacks.items[2].value)
	s.way(hop("", stacks), step{".items", at(unsafe.Pointer(&stacks.items[0]))},
		hop("[2].value", stacks.items[2].value))
}

// Interfaces in structs: one with methods, one embedded, with a pointer and with a boxed value.
type Shape interface{ Area() float64 }
type Circle struct {
	radius float64
	colour *Colour
}
type Square struct {
	side   [3]float64
	colour *Colour
}
type Colour struct{ parts [7]float32 }
type Framed struct {
	Shape
	name string
	any  interface{}
}
type Label struct {
	text  string
	color *Colour
}

func (c *Circle) Area() float64 { return c.radius }
func (s Square) Area() float64  { return s.side[0] }

var framed []Framed

func buildFramed() {
	framed = make([]Framed, 90)
	for i := range framed {
		if i%3 == 0 {
			framed[i] = Framed{&Circle{1, new(Colour)}, "circle", Label{"label", new(Colour)}}
		} else {
			framed[i] = Framed{Square{[3]float64{2}, new(Colour)}, "square", nil}
		}
	}
}

func describeFramed(s *structure) {
	values[Circle](s, 30).Retained = 30 * (slot[Circle]() + slot[Colour]())
	values[Square](s, 60).Retained = 60 * (slot[Square]() + slot[Colour]())
	values[Label](s, 30)
	values[Colour](s, 120)
	arrays[Framed](s, 1, 90).Retained = s.Retained
	know(s, framed[3].Shape.(*Circle))
	know(s, framed[3].Shape.(*Circle).colour)
	s.way(step{"", at(unsafe.Pointer(&framed[0]))}, hop("[3].Shape", framed[3].Shape.(*Circle)),
		hop(".colour", framed[3].Shape.(*Circle).colour))
}

// A global that is a struct, with all in one.
type Registry struct {
	title   string
	entries [4]*Entry
	inner   struct{ last *Entry }
	texts   []string
}
type Entry struct {
	data [6]uint64
	text []byte
}

var registry Registry

func buildRegistry() {
	for i := range registry.entries {
		registry.entries[i] = &Entry{text: make([]byte, 300)}
	}
	registry.inner.last = new(Entry)
	registry.texts = make([]string, 20)
	for i := range registry.texts {
		registry.texts[i] = strings.Repeat("x", 100+i)
	}
	registry.title = strings.Repeat("y", 70000)
}

func describeRegistry(s *structure) {
	values[Entry](s, 5)
	know(s, registry.entries[2])
	know(s, registry.inner.last)
	s.way(hop(".entries[2]", registry.entries[2]))
	s.way(hop(".inner.last", registry.inner.last))
}

// A global that is an array, of values that hold.
type Shelf struct{ books []*Book }
type Book struct{ data [12]uint64 }

var shelves [16]Shelf

func buildShelves() {
	for i := range shelves {
		shelves[i].books = make([]*Book, 8)
		for k := range shelves[i].books {
			shelves[i].books[k] = new(Book)
		}
	}
}

func describeShelves(s *structure) {
	values[Book](s, 128)
	arrays[*Book](s, 16, 8).Retained = s.Retained
	s.way(step{"[9].books", at(unsafe.Pointer(&shelves[9].books[0]))},
		hop("[3]", shelves[9].books[3]))
}

var _ = register(
	building{"huge array", "global", "main.huge", buildHuge, describeHuge},
	building{"many pointers", "global", "main.broad", buildBroad, describeBroad},
	building{"rows of pointers", "global", "main.rows", buildRows, describeRows},
	building{"beyond the length", "global", "main.beyond", buildBeyond, describeBeyond},
	building{"part of an array", "global", "main.part", buildPart, describePart},
	building{"records", "global", "main.records", buildRecords, describeRecords},
	building{"readings", "global", "main.readings", buildReadings, describeReadings},
	building{"inner pointers", "global", "main.inners", buildInners, describeInners},
	building{"large inner pointers", "global", "main.largeInners", buildLargeInners,
		describeLargeInners},
	building{"counter", "global", "main.counter", buildCounter, describeCounter},
	building{"wholes", "global", "main.wholes", buildWholes, describeWholes},
	building{"outers", "global", "main.outers", buildOuters, describeOuters},
	building{"type parameters", "global", "main.stacks", buildStacks, describeStacks},
	building{"interfaces", "global", "main.framed", buildFramed, describeFramed},
	building{"registry", "global", "main.registry", buildRegistry, describeRegistry},
	building{"shelves", "global", "main.shelves", buildShelves, describeShelves},
)

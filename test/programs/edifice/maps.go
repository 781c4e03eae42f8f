// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"unsafe"
)

// Maps of every shape. How many pieces one has follows from how its keys happen to hash, so that
// only their bytes together are known: what the structure holds, less what else is in it.

type SmallKey int
type SmallValue struct{ data [5]uint64 }
type BigKey int
type BigValue struct{ data [4]uint64 }
type WordValue struct {
	next *WordValue
	data [2]uint64
}
type StructKey struct {
	text   string
	number int
	target *KeyTarget
}
type KeyTarget struct{ data [3]uint64 }
type StructValue struct{ data [3]uint64 }
type MemberKey uint32
type LargeKey int
type LargeElement struct {
	data   [20]uint64
	target *LargeTarget
}
type LargeTarget struct{ data [6]uint64 }
type WideKey [20]uint64
type WideValue struct{ data [3]uint64 }
type OuterKey int
type InnerKey int
type InnerValue struct{ data [8]uint64 }
type FormerKey int
type FormerValue struct{ data [10]uint64 }
type GrowingKey int
type GrowingValue struct{ data [5]uint64 }
type EmptyKey int
type EmptyValue int
type AnyKey int
type AnyPointed struct{ data [3]uint64 }
type AnyBoxed struct{ data [9]uint64 }
type PlainKey uint64
type PlainValue uint64
type ShortKey int8

type Words map[string]*WordValue

var (
	small    map[SmallKey]*SmallValue
	big      map[BigKey]*BigValue
	words    Words
	keyed    map[StructKey]*StructValue
	members  map[MemberKey]struct{}
	large    map[LargeKey]LargeElement
	wide     map[WideKey]*WideValue
	nested   map[OuterKey]map[InnerKey]*InnerValue
	former   map[FormerKey]*FormerValue
	growing  []map[GrowingKey]*GrowingValue
	empties  *[10]map[EmptyKey]EmptyValue
	anything map[AnyKey]interface{}
	plain    map[PlainKey]PlainValue
	short    map[ShortKey]bool
)

// maps is the family of a structure that has, beside it, nothing but what is in its claims.
func maps[M any](s *structure, count int, least uintptr) *family {
	s.Families = append(s.Families, family{Type: name[M](), Plain: name[M](), Count: count,
		Bytes: s.rest(), Least: uint64(least)})
	return &s.Families[len(s.Families)-1]
}

func buildSmall() {
	small = make(map[SmallKey]*SmallValue)
	for i := 0; i < 5; i++ {
		small[SmallKey(i)] = new(SmallValue)
	}
}

func describeSmall(s *structure) {
	values[SmallValue](s, 5)
	maps[map[SmallKey]*SmallValue](s, 1, 5*16).Small = true
	know(s, small[3])
}

func buildBig() {
	big = make(map[BigKey]*BigValue)
	for i := 0; i < 5000; i++ {
		big[BigKey(i)] = new(BigValue)
	}
}

func describeBig(s *structure) {
	values[BigValue](s, 5000)
	maps[map[BigKey]*BigValue](s, 1, 5000*16)
	know(s, big[0])
	know(s, big[4999])
}

func buildWords() {
	words = make(Words)
	for i := 0; i < 1000; i++ {
		words[fmt.Sprintf("a word that is long enough %05d", i)] = &WordValue{next: new(WordValue)}
	}
}

// The bytes of its keys, 32 each, are strings as any others.
func describeWords(s *structure) {
	values[WordValue](s, 2000).Retained = 2000 * slot[WordValue]()
	s.Families = append(s.Families, family{Type: name[Words](),
		Plain: name[map[string]*WordValue](), Count: 1, Bytes: s.rest() - 1000*32, Least: 1000 * 24})
}

func buildKeyed() {
	keyed = make(map[StructKey]*StructValue)
	for i := 0; i < 300; i++ {
		keyed[StructKey{"the same", i, new(KeyTarget)}] = new(StructValue)
	}
}

func describeKeyed(s *structure) {
	values[KeyTarget](s, 300)
	values[StructValue](s, 300)
	maps[map[StructKey]*StructValue](s, 1, 300*40)
}

func buildMembers() {
	members = make(map[MemberKey]struct{})
	for i := 0; i < 3000; i++ {
		members[MemberKey(i)] = struct{}{}
	}
}

func describeMembers(s *structure) { maps[map[MemberKey]struct{}](s, 1, 3000*4) }

func buildLarge() {
	large = make(map[LargeKey]LargeElement)
	for i := 0; i < 200; i++ {
		large[LargeKey(i)] = LargeElement{target: new(LargeTarget)}
	}
}

// An element of more than 128 bytes lies by itself.
func describeLarge(s *structure) {
	values[LargeElement](s, 200).Retained = 200 * (slot[LargeElement]() + slot[LargeTarget]())
	values[LargeTarget](s, 200)
	maps[map[LargeKey]LargeElement](s, 1, 200*16)
	know(s, large[7].target)
}

func buildWide() {
	wide = make(map[WideKey]*WideValue)
	for i := 0; i < 150; i++ {
		wide[WideKey{uint64(i)}] = new(WideValue)
	}
}

func describeWide(s *structure) {
	values[WideKey](s, 150)
	values[WideValue](s, 150)
	maps[map[WideKey]*WideValue](s, 1, 150*16)
}

func buildNested() {
	nested = make(map[OuterKey]map[InnerKey]*InnerValue)
	for i := 0; i < 100; i++ {
		inner := make(map[InnerKey]*InnerValue)
		for k := 0; k < 6; k++ {
			inner[InnerKey(k)] = new(InnerValue)
		}
		nested[OuterKey(i)] = inner
	}
}

// Two families: of the inner ones each has its header and one piece, all of the same size.
func describeNested(s *structure) {
	values[InnerValue](s, 600)
	each := cost(16, func() unsafe.Pointer {
		one := make(map[InnerKey]*InnerValue)
		for k := 0; k < 6; k++ {
			one[InnerKey(k)] = nil
		}
		return *(*unsafe.Pointer)(unsafe.Pointer(&one))
	})
	s.Families = append(s.Families,
		family{Type: name[map[InnerKey]*InnerValue](), Plain: name[map[InnerKey]*InnerValue](),
			Count: 100, Bytes: 100 * each, Small: true},
		family{Type: name[map[OuterKey]map[InnerKey]*InnerValue](),
			Plain: name[map[OuterKey]map[InnerKey]*InnerValue](), Count: 1,
			Bytes: s.rest() - 100*each, Least: 100 * 16})
}

func buildFormer() {
	former = make(map[FormerKey]*FormerValue)
	for i := 0; i < 4000; i++ {
		former[FormerKey(i)] = new(FormerValue)
	}
	for i := 0; i < 3900; i++ {
		delete(former, FormerKey(i))
	}
}

func describeFormer(s *structure) {
	values[FormerValue](s, 100).Retained = 100 * slot[FormerValue]()
	maps[map[FormerKey]*FormerValue](s, 1, 4000*16)
	know(s, former[3999])
}

// Up to Go 1.23 a map moves to its new buckets as it is written to: at 209 entries it begins, two
// buckets of 32 at each.
func buildGrowing() {
	growing = make([]map[GrowingKey]*GrowingValue, 20)
	for i := range growing {
		growing[i] = make(map[GrowingKey]*GrowingValue)
		for k := 0; k < 200+i; k++ {
			growing[i][GrowingKey(k)] = new(GrowingValue)
		}
	}
}

func describeGrowing(s *structure) {
	values[GrowingValue](s, 20*200+190)
	arrays[map[GrowingKey]*GrowingValue](s, 1, 20)
	maps[map[GrowingKey]*GrowingValue](s, 20, (20*200+190)*16)
	know(s, growing[12][0])
}

func buildEmpties() {
	empties = new([10]map[EmptyKey]EmptyValue)
	for i := range empties[:7] {
		empties[i] = make(map[EmptyKey]EmptyValue)
	}
}

func describeEmpties(s *structure) {
	values[[10]map[EmptyKey]EmptyValue](s, 1)
	maps[map[EmptyKey]EmptyValue](s, 7, 0).Empty = true
}

func buildAnything() {
	anything = make(map[AnyKey]interface{})
	for i := 0; i < 400; i++ {
		if i%2 == 0 {
			anything[AnyKey(i)] = new(AnyPointed)
		} else {
			anything[AnyKey(i)] = AnyBoxed{[9]uint64{uint64(i)}}
		}
	}
}

func describeAnything(s *structure) {
	values[AnyPointed](s, 200)
	values[AnyBoxed](s, 200)
	maps[map[AnyKey]interface{}](s, 1, 400*24)
	know(s, anything[0].(*AnyPointed))
}

func buildPlain() {
	plain = make(map[PlainKey]PlainValue, 100000)
	for i := 0; i < 50000; i++ {
		plain[PlainKey(i)] = 1
	}
}

func describePlain(s *structure) { maps[map[PlainKey]PlainValue](s, 1, 50000*16) }

func buildShort() {
	short = make(map[ShortKey]bool)
	for i := 0; i < 256; i++ {
		short[ShortKey(i)] = true
	}
}

func describeShort(s *structure) {
	maps[map[ShortKey]bool](s, 1, 256*2)
	s.way(step{"", at(*(*unsafe.Pointer)(unsafe.Pointer(&short)))})
}

var _ = register(
	building{"small map", "global", "main.small", buildSmall, describeSmall},
	building{"big map", "global", "main.big", buildBig, describeBig},
	building{"map of words", "global", "main.words", buildWords, describeWords},
	building{"map by structs", "global", "main.keyed", buildKeyed, describeKeyed},
	building{"set", "global", "main.members", buildMembers, describeMembers},
	building{"map of large", "global", "main.large", buildLarge, describeLarge},
	building{"map by wide", "global", "main.wide", buildWide, describeWide},
	building{"map of maps", "global", "main.nested", buildNested, describeNested},
	building{"map after deletes", "global", "main.former", buildFormer, describeFormer},
	building{"growing maps", "global", "main.growing", buildGrowing, describeGrowing},
	building{"empty maps", "global", "main.empties", buildEmpties, describeEmpties},
	building{"map of anything", "global", "main.anything", buildAnything, describeAnything},
	building{"map of numbers", "global", "main.plain", buildPlain, describePlain},
	building{"map of bytes", "global", "main.short", buildShort, describeShort},
)

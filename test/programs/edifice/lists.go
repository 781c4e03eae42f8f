// SPDX-License-Identifier: Apache-2.0

package main

import (
	"container/list"
	"fmt"
	"unsafe"
)

// Lists, trees, rings, and what two of them share.

type ListNode struct {
	next  *ListNode
	value [3]uint64
}

var linked *ListNode

func buildLinked() {
	for i := 0; i < 10000; i++ {
		linked = &ListNode{next: linked, value: [3]uint64{uint64(i)}}
	}
}

func describeLinked(s *structure) {
	values[ListNode](s, 10000).Retained = s.Retained
	know(s, linked)
	know(s, linked.next.next)
	s.way(hop("", linked), hop(".next", linked.next), hop(".next", linked.next.next))
}

type TreeNode struct {
	left, right *TreeNode
	key         int
	label       *TreeLabel
}

type TreeLabel struct{ text [40]byte }

var tree *TreeNode

func grow(depth, key int) *TreeNode {
	node := &TreeNode{key: key}
	if depth == 0 {
		node.label = new(TreeLabel)
		return node
	}
	node.left = grow(depth-1, 2*key)
	node.right = grow(depth-1, 2*key+1)
	return node
}

func describeTree(s *structure) {
	values[TreeNode](s, 4095).Retained = s.Retained
	labels := values[TreeLabel](s, 2048)
	labels.Retained = labels.Bytes
	left := tree.left.right
	know(s, left)
	s.way(hop("", tree), hop(".left", tree.left), hop(".right", left))
}

type RingNode struct {
	next, previous *RingNode
	owner          *Ring
}

type Ring struct {
	first *RingNode
	count int
}

var ring *Ring

func buildRing() {
	ring = new(Ring)
	first := &RingNode{owner: ring}
	first.next, first.previous = first, first
	for i := 1; i < 1000; i++ {
		node := &RingNode{next: first, previous: first.previous, owner: ring}
		first.previous.next, first.previous = node, node
	}
	ring.first, ring.count = first, 1000
}

func describeRing(s *structure) {
	values[Ring](s, 1).Retained = s.Retained
	nodes := values[RingNode](s, 1000)
	nodes.Retained = nodes.Bytes
	know(s, ring)
	know(s, ring.first.previous)
	s.way(hop("", ring), hop(".first", ring.first), hop(".previous", ring.first.previous))
}

// Left and right have something of their own, and something in common, which is no one's alone.
type Left struct {
	own    *LeftOwn
	common *Common
}
type Right struct {
	own    *RightOwn
	common *Common
}
type LeftOwn struct {
	data [20]uint64
	p    *LeftOwn
}
type RightOwn struct {
	data [30]uint64
	p    *RightOwn
}
type Common struct {
	below *Below
	data  [10]uint64
}
type Below struct {
	next *Below
	data [5]uint64
}

var (
	left   *Left
	right  *Right
	common uint64
)

func buildLeft() {
	left = &Left{own: new(LeftOwn), common: new(Common)}
	for i := 0; i < 100; i++ {
		left.common.below = &Below{next: left.common.below}
	}
}

func buildRight() {
	right = &Right{own: new(RightOwn), common: left.common}
}

func describeLeft(s *structure) {
	s.Retained = values[Left](s, 1).Bytes + values[LeftOwn](s, 1).Bytes
	s.Types[0].Retained = s.Retained
	below := slot[Below]() * 100
	s.many(name[Common](), 1, slot[Common]()).Retained = slot[Common]() + below
	s.many(name[Below](), 100, slot[Below]()).Retained = below
	know(s, left.common)
	know(s, left.common.below)
}

func describeRight(s *structure) {
	values[Right](s, 1).Retained = s.Retained
	values[RightOwn](s, 1)
	know(s, right.own)
	s.way(hop("", right), hop(".own", right.own))
}

// A list of the library's, whose values are in interfaces.
type Element struct {
	number int
	text   *ElementText
}
type ElementText struct{ bytes [33]byte }

var elements *list.List

func buildElements() {
	elements = list.New()
	for i := 0; i < 500; i++ {
		elements.PushBack(&Element{i, new(ElementText)})
	}
}

func describeElements(s *structure) {
	values[list.List](s, 1)
	values[list.Element](s, 500)
	values[Element](s, 500).Retained = 500 * (slot[Element]() + slot[ElementText]())
	values[ElementText](s, 500)
	first := elements.Front()
	know(s, first.Value.(*Element))
	know(s, first)
}

// A chain through interfaces, of two types by turns.
type Chain interface{ after() Chain }
type Even struct {
	next Chain
	data [4]uint64
}
type Odd struct {
	data [9]uint64
	next Chain
}

func (e *Even) after() Chain { return e.next }
func (o *Odd) after() Chain  { return o.next }

var chain Chain

func buildChain() {
	for i := 0; i < 600; i++ {
		if i%2 == 0 {
			chain = &Even{next: chain}
		} else {
			chain = &Odd{next: chain}
		}
	}
}

func describeChain(s *structure) {
	values[Even](s, 300)
	values[Odd](s, 300).Retained = s.Retained
	last := chain.(*Odd)
	know(s, last)
	know(s, last.next.(*Even))
	s.way(hop("", last), hop(".next", last.next.(*Even)))
}

// Pointers to pointers, and something that is known by an untyped pointer alone.
type Deep struct{ data [7]uint64 }
type Untyped struct {
	inside *UntypedInside
	data   [100]uint64
}
type UntypedInside struct{ data [11]uint64 }

var (
	deep    ***Deep
	untyped unsafe.Pointer
)

func buildDeep() {
	p := new(Deep)
	pp := new(*Deep)
	ppp := new(**Deep)
	*pp, *ppp, deep = p, pp, ppp
}

func describeDeep(s *structure) {
	values[Deep](s, 1)
	values[*Deep](s, 1)
	values[**Deep](s, 1).Retained = s.Retained
	know(s, **deep)
	s.way(step{"", at(unsafe.Pointer(deep))}, step{"", at(unsafe.Pointer(*deep))}, hop("", **deep))
}

func buildUntyped() {
	untyped = unsafe.Pointer(&Untyped{inside: new(UntypedInside)})
}

// Only from 1.22 on does an object of more than 512 bytes say what it is.
func describeUntyped(s *structure) {
	s.Inner = append(s.Inner, object{at(untyped), name[Untyped]()})
}

type Wrapped struct {
	text  string
	cause error
}

func (w *Wrapped) Error() string { return w.text }

var failure error

func buildFailure() {
	for i := 0; i < 50; i++ {
		failure = &Wrapped{fmt.Sprintf("what went wrong in step number %032d", i), failure}
	}
}

func describeFailure(s *structure) {
	values[Wrapped](s, 50).Retained = s.Retained
	know(s, failure.(*Wrapped))
}

var _ = register(
	building{"linked", "global", "main.linked", buildLinked, describeLinked},
	building{"tree", "global", "main.tree", func() { tree = grow(11, 1) }, describeTree},
	building{"ring", "global", "main.ring", buildRing, describeRing},
	building{"left", "global", "main.left", buildLeft, describeLeft},
	building{"right", "global", "main.right", buildRight, describeRight},
	building{"elements", "global", "main.elements", buildElements, describeElements},
	building{"chain", "global", "main.chain", buildChain, describeChain},
	building{"deep", "global", "main.deep", buildDeep, describeDeep},
	building{"untyped", "global", "main.untyped", buildUntyped, describeUntyped},
	building{"failure", "global", "main.failure", buildFailure, describeFailure},
)

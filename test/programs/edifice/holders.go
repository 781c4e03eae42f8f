// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// What is held in the runtime's and the library's own ways: closures, channels, timers, goroutines.

type Captured struct{ data [6]uint64 }

var closures []func() uint64

//go:noinline
func capture(target *Captured, number uint64) func() uint64 {
	return func() uint64 { return target.data[0] + number }
}

func buildClosures() {
	closures = make([]func() uint64, 100)
	for i := range closures {
		closures[i] = capture(new(Captured), uint64(i))
	}
}

func function(f interface{}) string {
	return runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
}

func describeClosures(s *structure) {
	values[Captured](s, 100)
	arrays[func() uint64](s, 1, 100)
	each := cost(64, func() unsafe.Pointer {
		f := capture(nil, 1)
		return *(*unsafe.Pointer)(unsafe.Pointer(&f))
	})
	s.many("func "+function(closures[0]), 100, each).Retained = 100 * (each + slot[Captured]())
}

// Shared by reference: what the closure has is a pointer to the variable.
type Variable struct{ data [4]uint64 }

var counting func() *Variable

//go:noinline
func count() func() *Variable {
	var variable *Variable
	number := 0
	return func() *Variable {
		number++
		if number > 1 {
			variable = new(Variable)
		}
		return variable
	}
}

func buildCounting() {
	counting = count()
	counting()
	counting()
}

func describeCounting(s *structure) {
	values[Variable](s, 1)
	s.Types[0].Retained = s.Types[0].Bytes
}

// A method of a value that is kept.
type Owner struct{ data [13]uint64 }

func (o *Owner) Method() int { return int(o.data[1]) }

var method func() int

//go:noinline
func bind(o *Owner) func() int { return o.Method }

func buildMethod() { method = bind(new(Owner)) }

func describeMethod(s *structure) { values[Owner](s, 1).Retained = slot[Owner]() }

// Channels: with a buffer of pointers, without one, of values with and without pointers.
type Sent struct{ data [5]uint64 }
type Message struct {
	number int
	body   *MessageBody
}
type MessageBody struct{ data [7]uint64 }
type Token struct{ a, b uint64 }
type Signal struct{}

var (
	queue    chan *Sent
	messages chan Message
	tokens   chan Token
	signals  []chan Signal
)

func buildQueue() {
	queue = make(chan *Sent, 100)
	for i := 0; i < 130; i++ {
		if len(queue) == cap(queue) {
			<-queue
		}
		queue <- new(Sent)
	}
}

// The buffer of a channel of pointers lies apart.
func describeQueue(s *structure) {
	values[Sent](s, 100)
	s.many("chan *main.Sent buffer", 1, array[*Sent](100))
	s.many("chan *main.Sent", 1, s.rest()).Retained = s.Retained
}

func buildMessages() {
	messages = make(chan Message, 10)
	for i := 0; i < 7; i++ {
		messages <- Message{i, new(MessageBody)}
	}
}

func describeMessages(s *structure) {
	values[MessageBody](s, 7)
	s.many("chan main.Message buffer", 1, array[Message](10))
	s.many("chan main.Message", 1, s.rest())
}

func buildTokens() { tokens = make(chan Token, 50) }

// Without pointers it lies behind the channel itself.
func describeTokens(s *structure) { s.many("chan main.Token", 1, s.rest()) }

func buildSignals() {
	signals = make([]chan Signal, 30)
	for i := range signals {
		signals[i] = make(chan Signal)
	}
}

func describeSignals(s *structure) {
	arrays[chan Signal](s, 1, 30)
	s.many("chan main.Signal", 30, s.rest()/30)
	s.way(step{"", at(unsafe.Pointer(&signals[0]))},
		step{"[4]", at(*(*unsafe.Pointer)(unsafe.Pointer(&signals[4])))})
}

// The library's containers.
type SyncKey int
type SyncValue struct{ data [4]uint64 }

// What is first in a struct lies where the struct does.
type SyncMap struct {
	sync.Map
	name string
}

var synced *SyncMap

func buildSynced() {
	synced = new(SyncMap)
	for i := 0; i < 500; i++ {
		synced.Store(SyncKey(i+1000), new(SyncValue))
	}
	for i := 0; i < 600; i++ {
		synced.Load(SyncKey(i + 1000))
	}
}

func describeSynced(s *structure) {
	values[SyncValue](s, 500)
	values[SyncMap](s, 1).Retained = s.Retained
	value, _ := synced.Load(SyncKey(1007))
	know(s, value.(*SyncValue))
}

type Pooled struct{ data [9]uint64 }

var (
	pool   sync.Pool
	pooled [20]*Pooled
)

func buildPool() {
	for i := range pooled {
		pooled[i] = new(Pooled)
	}
}

func describePool(s *structure) {
	values[Pooled](s, len(pooled))
	s.Exact = false // it moves from the array into the pool
}

// What lies in a pool survives one collection, not two.
func refill() {
	for i := range pooled {
		if pooled[i] != nil {
			pool.Put(pooled[i])
			pooled[i] = nil
		}
	}
}

type Atomic struct{ data [6]uint64 }
type Stored struct{ data [8]uint64 }
type AtomicInside struct{ data [9]uint64 }
type AtomicHolder struct {
	name   string
	inside [2]atomic.Pointer[AtomicInside]
}

var (
	atomically atomic.Pointer[Atomic]
	atomicMore struct {
		count  int
		holder atomic.Pointer[AtomicHolder]
	}
	stored atomic.Value
)

func buildAtomically() { atomically.Store(new(Atomic)) }

func describeAtomically(s *structure) {
	values[Atomic](s, 1)
	know(s, atomically.Load())
}

func buildAtomicMore() {
	holder := new(AtomicHolder)
	holder.inside[0].Store(new(AtomicInside))
	holder.inside[1].Store(new(AtomicInside))
	atomicMore.holder.Store(holder)
}

func describeAtomicMore(s *structure) {
	values[AtomicHolder](s, 1).Retained = s.Retained
	values[AtomicInside](s, 2)
	know(s, atomicMore.holder.Load())
	know(s, atomicMore.holder.Load().inside[1].Load())
}

func buildStored() { stored.Store(new(Stored)) }

func describeStored(s *structure) {
	values[Stored](s, 1)
	know(s, stored.Load().(*Stored))
}

type contextKey int
type ContextValue struct{ data [5]uint64 }

var (
	scope  context.Context
	cancel context.CancelFunc
)

func buildScope() {
	scope = context.Background()
	for i := 0; i < 12; i++ {
		scope = context.WithValue(scope, contextKey(i), new(ContextValue))
		scope, cancel = context.WithCancel(scope)
	}
}

func describeScope(s *structure) {
	values[ContextValue](s, 12)
	know(s, scope.Value(contextKey(3)).(*ContextValue))
	s.Exact = false // the last one belongs to the function that ends it, too
}

// Only the runtime's heap of timers leads there.
type Timed struct{ data [7]uint64 }

//go:noinline
func later(timed *Timed) {
	time.AfterFunc(1000*time.Hour, func() { timed.data[0]++ })
}

func buildTimers() {
	for i := 0; i < 40; i++ {
		later(new(Timed))
	}
}

func describeTimers(s *structure) {
	values[Timed](s, 40).Retained = 40 * slot[Timed]()
	s.Exact = false // the runtime's heap of timers may grow
}

// An object with a finalizer that somebody has, and what only the finalizer has.
type Finalized struct {
	data   [5]uint64
	target *FinalizedTarget
}
type FinalizedTarget struct{ data [4]uint64 }
type FinalizerHolds struct{ data [11]uint64 }

var finalized []*Finalized

//go:noinline
func finalize(f *Finalized, holds *FinalizerHolds) {
	runtime.SetFinalizer(f, func(*Finalized) { holds.data[0]++ })
}

func buildFinalized() {
	finalized = make([]*Finalized, 25)
	for i := range finalized {
		finalized[i] = &Finalized{target: new(FinalizedTarget)}
		finalize(finalized[i], new(FinalizerHolds))
	}
}

func describeFinalized(s *structure) {
	values[Finalized](s, 25)
	values[FinalizedTarget](s, 25)
	values[FinalizerHolds](s, 25)
	s.Exact = false // the closures are the finalizers'
	know(s, finalized[3])
}

// Goroutines that hold something by a variable, by an argument, by a deferred call, by a select.
type Local struct {
	next *Local
	data [4]uint64
}
type Argument struct{ data [15]uint64 }
type Receiver struct{ data [16]uint64 }
type Passed struct{ data [18]uint64 }
type PassedMany struct {
	data [20]uint64
	self *PassedMany
}
type Deferred struct{ data [17]uint64 }
type Selecting struct{ data [19]uint64 }
type Deepest struct {
	data [6]uint64
	self *Deepest
}
type Dead struct{ data [21]uint64 }

var (
	forever = make(chan int)
	started = make(chan int)
)

func number() int {
	var text [64]byte
	words := strings.Fields(string(text[:runtime.Stack(text[:], false)]))
	var id int
	fmt.Sscan(words[1], &id)
	return id
}

//go:noinline
func holdLocal() {
	var local *Local
	for i := 0; i < 1000; i++ {
		local = &Local{next: local}
	}
	started <- number()
	<-forever
	runtime.KeepAlive(local)
}

//go:noinline
func holdArgument(argument *Argument) {
	started <- number()
	<-forever
	runtime.KeepAlive(argument)
}

// Parameters of which nothing is used behind the wait: the compiler keeps those that are kept alive,
// though debug information may say that they are nowhere.
//
//go:noinline
func (receiver *Receiver) hold(number32 int32, passed *Passed, text string, ratio float64,
	many []PassedMany) uint64 {
	sum := receiver.data[number32] + passed.data[0] + uint64(len(text)) + uint64(ratio) +
		many[0].data[0]
	started <- number()
	<-forever
	runtime.KeepAlive(receiver)
	runtime.KeepAlive(passed)
	runtime.KeepAlive(&many[0])
	return sum
}

func holdArguments() {
	argument := new(Argument)
	keepNot(unsafe.Pointer(argument))
	holdArgument(argument)
}

func holdReceiver() {
	receiver, passed, many := new(Receiver), new(Passed), make([]PassedMany, 5)
	keepNot(unsafe.Pointer(receiver))
	keepNot(unsafe.Pointer(passed))
	keepNot(unsafe.Pointer(&many[0]))
	receiver.hold(1, passed, "text", 1.5, many)
}

//go:noinline
func use(d *Deferred) { d.data[0]++ }

func holdDeferred() {
	for i := 0; i < 10; i++ {
		deferred := new(Deferred)
		keepNot(unsafe.Pointer(deferred))
		defer use(deferred)
	}
	started <- number()
	<-forever
}

func holdSelecting() {
	target := new(Selecting)
	keepNot(unsafe.Pointer(target))
	started <- number()
	select {
	case <-forever:
	case <-make(chan int):
	case <-make(chan *Sent):
	}
	runtime.KeepAlive(target)
}

//go:noinline
func holdDeep(depth int) uint64 {
	target := new(Deepest)
	target.self = target
	keepNot(unsafe.Pointer(target))
	if depth == 0 {
		started <- number()
		<-forever
	} else {
		holdDeep(depth - 1)
	}
	return target.data[depth%6]
}

// What a goroutine will not look at again is gone, though it is still on its stack.
//
//go:noinline
func holdNothing() {
	dead := new(Dead)
	keepNot(unsafe.Pointer(dead))
	started <- number()
	<-forever
}

//go:noinline
func keepNot(p unsafe.Pointer) {
	sink = p
	sink = nil
}

var holder int

func goes(name string, body func(), describe func(*structure)) building {
	return building{"goroutine: " + name, "goroutine", "", func() {
		go body()
		holder = <-started
	}, func(s *structure) {
		s.Goroutine = holder
		s.Exact = false // it has a g, and what it waits with
		describe(s)
	}}
}

var _ = register(
	building{"closures", "global", "main.closures", buildClosures, describeClosures},
	building{"counting", "global", "main.counting", buildCounting, describeCounting},
	building{"method", "global", "main.method", buildMethod, describeMethod},
	building{"queue", "global", "main.queue", buildQueue, describeQueue},
	building{"messages", "global", "main.messages", buildMessages, describeMessages},
	building{"tokens", "global", "main.tokens", buildTokens, describeTokens},
	building{"signals", "global", "main.signals", buildSignals, describeSignals},
	building{"sync.Map", "global", "main.synced", buildSynced, describeSynced},
	building{"sync.Pool", "", "", buildPool, describePool},
	building{"atomic pointer", "global", "main.atomically", buildAtomically, describeAtomically},
	building{"atomic pointers", "global", "main.atomicMore", buildAtomicMore, describeAtomicMore},
	building{"atomic value", "global", "main.stored", buildStored, describeStored},
	building{"context", "", "", buildScope, describeScope},
	building{"timers", "", "", buildTimers, describeTimers},
	building{"finalizers", "", "", buildFinalized, describeFinalized},
	goes("variable", holdLocal, func(s *structure) {
		values[Local](s, 1000).Retained = 1000 * slot[Local]()
	}),
	goes("argument", holdArguments, func(s *structure) { values[Argument](s, 1) }),
	goes("receiver", holdReceiver, func(s *structure) {
		values[Receiver](s, 1)
		values[Passed](s, 1)
		arrays[PassedMany](s, 1, 5)
	}),
	goes("deferred", holdDeferred, func(s *structure) { values[Deferred](s, 10) }),
	goes("select", holdSelecting, func(s *structure) { values[Selecting](s, 1) }),
	goes("deep", func() { holdDeep(200) }, func(s *structure) { values[Deepest](s, 201) }),
	goes("nothing", holdNothing, func(s *structure) { values[Dead](s, 0) }),
)

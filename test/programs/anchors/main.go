// SPDX-License-Identifier: Apache-2.0

// Anchors holds objects in all the ways in which a word of a stack, of a register or of a global can
// hold one, or can have held one. It prints where each object lies, then waits; asked for it, it has
// the collector say which of them were not held any more:
//
//	object <label> <address>             one a line
//	attached <cleanup or weak> <address> what it is attached to
//	queued <finalizer or cleanup> <address>
//	ready
//	(on "gc") dead <label>     one a line, then "end"
package main

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
	"unsafe"
)

// An Object is what is held. It has a pointer, so that it is no part of a tiny block.
type Object struct {
	next    *Object
	numbers [5]uint64
}

var (
	mutex   sync.Mutex
	dead    []string
	where   []string
	forever = make(chan int)
)

// make1 returns a new object, which tells when the collector finds it dead.
//
//go:noinline
func make1(label string) *Object {
	object := new(Object)
	mutex.Lock()
	where = append(where, fmt.Sprintf("object %s %#x", label, uintptr(unsafe.Pointer(object))))
	mutex.Unlock()
	runtime.SetFinalizer(object, func(*Object) {
		mutex.Lock()
		dead = append(dead, label)
		mutex.Unlock()
	})
	return object
}

//go:noinline
func use(object *Object) { object.numbers[0]++ }

//go:noinline
func block() { <-forever }

//go:noinline
func localLive() {
	object := make1("local-live")
	block()
	use(object)
}

//go:noinline
func localDead() {
	object := make1("local-dead")
	use(object)
	block()
}

//go:noinline
func argument(object *Object) {
	block()
	use(object)
}

//go:noinline
func argumentDead(object *Object) {
	use(object)
	block()
}

// Arguments that do not fit into registers.
//
//go:noinline
func manyArguments(a, b, c, d, e, f, g, h, i, j, k, l *Object) {
	use(l)
	block()
	use(k)
}

//go:noinline
func result() (object *Object) {
	defer func() { recover() }()
	object = make1("result")
	block()
	return object
}

// A holder lies on the stack, and something points at it.
type holder struct {
	object *Object
	other  *holder
	rest   [8]*Object
}

//go:noinline
func same(holder *holder) *holder { return holder }

//go:noinline
func stackObjectLive() {
	var inner holder
	pointer := same(&inner)
	pointer.object = make1("stack-object-live")
	block()
	use(pointer.object)
}

//go:noinline
func stackObjectDead() {
	var inner holder
	pointer := same(&inner)
	pointer.object = make1("stack-object-dead")
	use(pointer.object)
	block()
}

//go:noinline
func stackObjectChain() {
	var third holder
	second := holder{other: &third}
	first := holder{other: &second}
	pointer := same(&first)
	same(&third).rest[3] = make1("stack-object-chain")
	block()
	use(pointer.other.other.rest[3])
}

// So large that its pointer mask is a program up to Go 1.23.
//
//go:noinline
func stackObjectLarge() {
	var large [40000]holder
	pointer := sameLarge(&large)
	pointer[31234].rest[5] = make1("stack-object-large")
	pointer[31235].rest[5] = make1("stack-object-large-next")
	block()
	use(pointer[int(pointer[0].other.count())].rest[5])
}

func (h *holder) count() uint64 {
	if h == nil {
		return 31234
	}
	return 0
}

//go:noinline
func sameLarge(large *[40000]holder) *[40000]holder { return large }

//go:noinline
func deferStack() {
	object := make1("defer-stack")
	defer use(object)
	block()
}

//go:noinline
func deferLoop() {
	for i := 0; i < 3; i++ {
		object := make1(fmt.Sprintf("deep-defer-loop-%d", i))
		defer func() { use(object) }()
	}
	block()
}

// A list of deferred calls that goes from the stack to the heap and back.
//
//go:noinline
func deferMixed(level int) {
	object := make1(fmt.Sprintf("deep-defer-mixed-%d", level))
	if level == 0 {
		block()
		return
	}
	for i := 0; i < level%2*2; i++ {
		captured := object
		defer func() { use(captured) }()
	}
	if level%2 == 0 {
		defer func() { use(object); recover() }()
	}
	deferMixed(level - 1)
}

//go:noinline
func fault(pointer *Object) {
	lost := make1("fault-dead")
	kept := make1("fault-defer")
	defer func() {
		block()
		use(kept)
	}()
	pointer.numbers[1]++
	use(lost)
}

//go:noinline
func panics() {
	defer func() {
		block()
		recover()
	}()
	panic(make1("panic-argument"))
}

//go:noinline
func send(channel chan *Object) { channel <- make1("channel-send") }

//go:noinline
func sendSelect(channel chan *Object) {
	select {
	case channel <- make1("channel-select"):
	case <-forever:
	}
}

// The object is at last in a closure only, which is on the stack.
//
//go:noinline
func closureOnStack() {
	object := make1("closure-stack")
	function := func() { use(object) }
	call(function)
}

//go:noinline
func call(function func()) {
	block()
	function()
}

//go:noinline
func throughReflect() {
	a, l := make1("reflect-register"), make1("reflect-stack")
	kind := reflect.TypeOf(manyArguments)
	function := reflect.MakeFunc(kind, func([]reflect.Value) []reflect.Value {
		block()
		return nil
	}).Interface().(func(a, b, c, d, e, f, g, h, i, j, k, l *Object))
	function(a, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, l)
}

// Method is called through a method value that reflect made.
func (object *Object) Method(a, b, c, d, e, f, g, h, i, j, k, l *Object) *Object {
	block()
	use(object)
	use(k)
	return l
}

//go:noinline
func throughMethod() {
	receiver, k := make1("reflect-receiver"), make1("reflect-method-stack")
	function := reflect.ValueOf(receiver).MethodByName("Method").Interface().(func(a, b, c, d, e, f, g, h, i,
		j, k, l *Object) *Object)
	use(function(nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, k, nil))
}

// Called by reflect.
//
//go:noinline
func calledByReflect() {
	object := make1("reflect-called")
	reflect.ValueOf(argument).Call([]reflect.Value{reflect.ValueOf(object)})
}

var spinning, stop uint64

//go:noinline
func spin(label string) {
	object := make1(label)
	for i := uint64(0); stop == 0; i++ {
		object.numbers[i%5] += i
		spinning += object.numbers[(i+1)%5]
	}
	use(object)
}

//go:noinline
func syscalls() {
	object := make1("syscall")
	blockInSyscall()
	use(object)
}

//go:noinline
func deep(level int, object *Object) int {
	if level == 0 {
		block()
	}
	var next *Object
	if level%1000 == 1 {
		next = make1(fmt.Sprintf("deep-%d", level))
	}
	sum := deep(level-1, next)
	if next != nil {
		use(next)
	}
	return sum + level
}

var (
	globalPointer   *Object
	globalInterface interface{}
	globalError     error
	globalSlice     []*Object
	globalStruct    struct {
		number int
		inner  holder
	}
	globalData = holder{rest: [8]*Object{nil, new(Object)}}
	globalMap  = map[string]*Object{}
)

func (object *Object) Error() string { return "an object" }

func globals() {
	globalPointer = make1("global-pointer")
	globalInterface = make1("global-interface")
	globalError = make1("global-error")
	globalSlice = []*Object{make1("deep-global-slice")}
	globalStruct.inner.rest[2] = make1("global-struct")
	globalData.object = make1("global-data")
	globalMap["a"] = make1("deep-global-map")
}

// queue leaves objects in the queue of finalizers, of which the first one run never ends.
//
//go:noinline
func queue() {
	for i := 0; i < 200; i++ {
		object := &Object{next: new(Object)}
		mutex.Lock()
		where = append(where, fmt.Sprintf("queued finalizer %#x", uintptr(unsafe.Pointer(object))))
		mutex.Unlock()
		runtime.SetFinalizer(object, func(*Object) { block() })
	}
}

func main() {
	debug.SetGCPercent(-1)
	globals()
	functions := []func(){
		localLive, localDead, stackObjectLive, stackObjectDead, stackObjectChain,
		stackObjectLarge, deferStack, deferLoop, func() { deferMixed(6) },
		func() { argument(make1("argument")) },
		func() { argumentDead(make1("argument-dead")) },
		func() {
			manyArguments(make1("many-a"), nil, nil, nil, nil, nil, nil, nil, nil, nil,
				make1("many-k"), make1("many-l"))
		},
		func() { use(result()) }, func() { fault(nil) }, panics,
		func() { send(make(chan *Object)) }, func() { sendSelect(make(chan *Object)) },
		closureOnStack, throughReflect, throughMethod, calledByReflect, syscalls,
		func() { deep(3000, nil) },
	}
	functions = append(functions, more()...)
	for _, function := range functions {
		go function()
	}
	time.Sleep(200 * time.Millisecond)
	if os.Getenv("SPIN") != "" {
		runtime.GOMAXPROCS(2)
		for i := 0; i < 4; i++ {
			go spin(fmt.Sprintf("spin-%d", i))
		}
		time.Sleep(300 * time.Millisecond)
	}
	functions = nil
	if os.Getenv("QUEUE") != "" {
		queue()
		queueCleanups()
		for i := 0; i < 3; i++ {
			runtime.GC()
			time.Sleep(50 * time.Millisecond)
		}
	}
	mutex.Lock()
	for _, line := range where {
		fmt.Println(line)
	}
	mutex.Unlock()
	fmt.Println("ready")
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		for i := 0; i < 3; i++ {
			runtime.GC()
			time.Sleep(50 * time.Millisecond)
		}
		mutex.Lock()
		for _, label := range dead {
			fmt.Println("dead", label)
		}
		mutex.Unlock()
		fmt.Println("end")
	}
}

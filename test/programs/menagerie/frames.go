// SPDX-License-Identifier: Apache-2.0

package menagerie

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"sort"
	"strings"
	"text/template"

	"programs/lib/dotted.v2"
	"programs/menagerie/assembly"
)

var _ = register(startInlined)
var _ = register(startClosures)
var _ = register(startGenerics)
var _ = register(startDeep)
var _ = register(startPanics)
var _ = register(startCallbacks)
var _ = register(startCreators)

// Inlined functions, several deep, that end in a call and in a wait of their own.

func inlineA(c chan int) int { return inlineB(c) + 1 }
func inlineB(c chan int) int { return inlineC(c) + 2 }
func inlineC(c chan int) int { return inlineD(c) + 3 }
func inlineD(c chan int) int { return <-c }

func inlineHold(n int) { inlineHolder(n + 1) }
func inlineHolder(n int) {
	keepNumber(n)
	hold()
}

var numbers [4]int

func keepNumber(n int) { numbers[n&3] = n }

type list struct {
	next  *list
	value chan int
}

func (l *list) take() int        { return <-l.value }
func (l *list) skip() *list      { return l.next }
func (l *list) second() int      { return l.skip().take() }
func (l list) byValue() chan int { return l.value }

func startInlined() {
	go inlineA(make(chan int))
	go func() { inlineA(make(chan int)) }()
	go inlineHold(3)
	go func() {
		inlineHold(4)
	}()
	go (&list{next: &list{value: make(chan int)}}).second()
	go func() { <-list{value: make(chan int)}.byValue() }()
	startInline(5)
	goFromInlined()
	go func() {
		f := func(x int) int { return x + <-make(chan int) }
		g := func(x int) int { return f(x) * 2 }
		keepNumber(g(1))
	}()
}

// startInline is inlined, so that the go statement is in another function than the program says.
func startInline(n int) { go inlineHold(n) }

func goFromInlined() { startInline(6); startInline(7) }

var global = func() { hold() }

var table = map[string]func(int){
	"one": func(n int) { hold() },
}

func init() {
	register(func() {
		go func() { hold() }()
		go table["one"](1)
	})
}

func init() {
	f := func() func() { return func() { hold() } }
	register(func() { go f()() })
}

type animal interface {
	Speak(volume int) string
	Name() string
}

type dog struct{ name string }

func (d *dog) Speak(volume int) string { hold(); return d.name }
func (d dog) Name() string             { hold(); return d.name }

type puppy struct {
	dog
	age int
}

type kennel struct{ animal }

type number int

func (n number) Speak(volume int) string { hold(); return "" }
func (n number) Name() string            { hold(); return "" }

func startClosures() {
	go global()
	go func() {
		func() {
			func() {
				hold()
			}()
		}()
	}()
	go func() {
		defer func() {
			defer func() { hold() }()
		}()
	}()
	for i := 0; i < 3; i++ {
		i := i
		go func() {
			hold()
			keep(i)
		}()
		go func(n int) { hold() }(i)
	}
	dogs := &dog{"rex"}
	speak := dogs.Speak
	go speak(1)
	go dogs.Speak(2)
	go (*dog).Speak(dogs, 3)
	go dog.Name(*dogs)
	go animal.Name(dogs)
	name := dogs.Name
	go name()
	var creature animal = dogs
	go creature.Speak(4)
	go creature.Name()
	creature = &puppy{dog{"pup"}, 1}
	go creature.Speak(5)
	go creature.Name()
	creature = kennel{creature}
	go creature.Speak(6)
	go creature.Name()
	creature = number(7)
	go creature.Speak(7)
	creature = &[]number{8}[0]
	go creature.Name()
	go func() { creature.Name() }()
	method := creature.Speak
	go func() { method(9) }()
	expression := animal.Name
	go expression(creature)
	go anonymousReceiver{}.wait()
	go (*anonymousReceiver)(nil).wait2()
	go größe(1)
	go lineDirective()
	go assembly.Call(hold)
	go assembly.Call(func() { assembly.Call(func() { hold() }) })
	var bound interface{ wait() } = anonymousReceiver{}
	defer func() { go bound.wait() }()
}

type anonymousReceiver struct{}

func (anonymousReceiver) wait()   { hold() }
func (*anonymousReceiver) wait2() { hold() }

func größe(Länge int) { hold() }

func startGenerics() {
	go genericFunction[int](1)
	go genericFunction[string]("s")
	go genericFunction(pair{1, 2})
	go genericFunction[*pair](nil)
	go genericFunction[interface{}](3)
	go genericFunction[map[string][]int](nil)
	go genericTwo[string, func(int) string]("k", nil)
	go (&stack[int]{values: []int{1}}).Pop()
	go (&stack[[]string]{}).Each(func([]string) { hold() })
	go (&stack[stack[int]]{values: make([]stack[int], 1)}).Each(func(stack[int]) { hold() })
	go func() { mapOver([]int{1, 2}, func(i int) string { hold(); return "" }) }()
	go func() { mapOver([]pair{{}}, func(p pair) error { return genericFunction(p) }) }()
	var popper interface{ Pop() string } = &stack[string]{values: []string{"x"}}
	go popper.Pop()
	go new(dotted.Box[int]).Wait(never)
	go new(dotted.Box[dotted.Box[string]]).Wait(never)
	go dotted.Größe(never, 5)
	value := (&stack[float64]{}).Pop
	go value()
	go genericInlined[int](nil)
}

//go:noinline
func genericFunction[T any](value T) error {
	func() {
		hold()
	}()
	return fmt.Errorf("%v", value)
}

//go:noinline
func genericTwo[K comparable, V any](key K, value V) map[K]V {
	hold()
	return map[K]V{key: value}
}

func genericInlined[T any](channel chan T) T { return genericReceive(channel) }

func genericReceive[T any](channel chan T) T { return <-channel }

type stack[T any] struct{ values []T }

func (s *stack[T]) Pop() T {
	hold()
	return s.values[0]
}

func (s *stack[T]) Each(call func(T)) {
	for _, value := range append(s.values, *new(T)) {
		call(value)
	}
}

func mapOver[T, U any](values []T, change func(T) U) []U {
	var result []U
	for _, value := range values {
		result = append(result, change(value))
	}
	return result
}

// Deep stacks, around every limit that the runtime has for what it prints.

func startDeep() {
	for _, depth := range []int{10, 44, 45, 46, 47, 48, 49, 50, 51, 90, 93, 94, 95, 96, 97, 98, 99,
		100, 101, 102, 103, 104, 105, 150, 1000} {
		go recurse(depth)
		go recurseInlined(depth / 3)
	}
	go recurse(20000)
	for _, depth := range []int{40, 47, 48, 49, 60, 120} {
		go recurseThenPanic(depth)
	}
	go even(78)
	go recurseClosure(130)
	go recurseMethod(&list{}, 61)
}

//go:noinline
func recurse(n int) int {
	if n == 0 {
		hold()
	}
	return recurse(n-1) + 1
}

// recurseInlined is three frames a turn, two of them inlined into the third.
//
//go:noinline
func recurseInlined(n int) int { return turnOuter(n) + 1 }

func turnOuter(n int) int { return turnInner(n) + 1 }

func turnInner(n int) int {
	if n == 0 {
		hold()
	}
	return recurseInlined(n - 1)
}

// recurseThenPanic has the panic in its innermost part, and a long stack on either side of it.
//
//go:noinline
func recurseThenPanic(n int) int {
	if n == 0 {
		defer recurse(45)
		panic("deep")
	}
	return recurseThenPanic(n-1) + 1
}

func even(n int) bool {
	if n == 0 {
		hold()
		return true
	}
	return odd(n - 1)
}

//go:noinline
func odd(n int) bool { return !even(n - 1) }

func recurseClosure(n int) {
	var f func(int) int
	f = func(i int) int {
		if i == 0 {
			hold()
		}
		return f(i-1) + 1
	}
	f(n)
}

func recurseMethod(l *list, n int) {
	if n == 0 {
		l.second2()
		return
	}
	l.deeper(n)
}

func (l *list) deeper(n int) { recurseMethod(l, n-1); keepNumber(n) }
func (l *list) second2()     { hold() }

// Deferred calls: parked while a panic, a run-time error or Goexit runs them.

type failure struct{ code int }

func (f failure) Error() string { return fmt.Sprint(f.code) }

func startPanics() {
	go deferred()
	go deferredLoop()
	go panicString()
	go panicError()
	go panicNested()
	go panicRecovered()
	go panicIndex([]int{1}, 5)
	go panicNil(nil)
	go panicNilFunction(nil)
	go panicDivide(0)
	go panicAssertion("string")
	go panicWrapper(nil)
	go panicMap(nil)
	go goexit()
	go goexitInPanic()
	go panicInDeferOfRecovered()
	go panicInlined()
	go panicFirst()
}

func deferred() {
	defer hold()
	keepNumber(1)
}

func deferredLoop() {
	for i := 0; i < 3; i++ {
		defer func(n int) {
			if n == 1 {
				hold()
			}
		}(i)
	}
}

func panicString() {
	defer func() {
		hold()
		recover()
	}()
	panic("a string")
}

func panicError() {
	defer hold()
	panic(failure{7})
}

func panicNested() {
	defer func() {
		defer func() {
			hold()
		}()
		panic("second")
	}()
	panic("first")
}

func panicRecovered() {
	defer func() {
		recover()
		hold()
	}()
	raise(failure{8})
}

//go:noinline
func raise(err error) { panic(err) }

func panicIndex(values []int, index int) int {
	defer hold()
	return values[index]
}

func panicNil(p *pair) int {
	defer func() { hold() }()
	return p.second
}

func panicNilFunction(f func()) {
	defer hold()
	f()
}

func panicDivide(n int) int {
	defer hold()
	return 100 / n
}

func panicAssertion(value interface{}) int {
	defer hold()
	return value.(int)
}

// panicWrapper calls a method by value through a nil pointer in an interface: the compiler's
// wrapper panics, and is shown for once.
func panicWrapper(p *number) {
	defer hold()
	var creature animal = p
	creature.Name()
}

func panicMap(m map[string]int) {
	defer hold()
	m["x"] = 1
}

func goexit() {
	defer hold()
	runtime.Goexit()
}

func goexitInPanic() {
	defer hold()
	defer runtime.Goexit()
	panic("left behind")
}

func panicInDeferOfRecovered() {
	defer func() {
		defer func() { hold() }()
		panic(fmt.Sprint(recover(), "again"))
	}()
	var p *pair
	p.first++
}

func panicInlined() {
	defer hold()
	raiseInline(3)
}

func raiseInline(n int) {
	if n > 2 {
		panic(n)
	}
}

// panicFirst blocks in a method that the runtime calls to print... nothing: it blocks in Error
// that a deferred function calls.
func panicFirst() {
	defer func() { fmt.Sprint(recover()) }()
	panic(blockingError{})
}

type blockingError struct{}

func (blockingError) Error() string { hold(); return "" }

// Calls from the standard library and from reflection.

type ordered []int

func (o ordered) Len() int           { return len(o) }
func (o ordered) Less(i, j int) bool { hold(); return o[i] < o[j] }
func (o ordered) Swap(i, j int)      { o[i], o[j] = o[j], o[i] }

type marshaler struct{ N int }

func (m marshaler) MarshalJSON() ([]byte, error) { hold(); return nil, nil }

type stringer struct{}

func (stringer) String() string { hold(); return "" }

func startCallbacks() {
	go sort.Sort(ordered{3, 2, 1})
	go sort.Slice([]int{2, 1}, func(i, j int) bool { hold(); return false })
	go sort.Search(10, func(i int) bool { hold(); return true })
	go strings.Map(func(r rune) rune { hold(); return r }, "abc")
	go strings.FieldsFunc("a b", func(r rune) bool { hold(); return true })
	go json.Marshal(map[string]interface{}{"k": []marshaler{{1}}})
	go fmt.Sprintf("%v %s", 1, stringer{})
	go fmt.Fprintln(&bytes.Buffer{}, []interface{}{stringer{}})
	go regexp.MustCompile("a+").ReplaceAllStringFunc("caab", func(s string) string { hold(); return s })
	go filepath.Walk(os.TempDir(), func(string, os.FileInfo, error) error { hold(); return nil })
	page := template.Must(template.New("t").Parse("{{range .}}{{.String}}{{end}}"))
	go page.Execute(&bytes.Buffer{}, []stringer{{}})

	call := reflect.ValueOf(argInt)
	go call.Call([]reflect.Value{reflect.ValueOf(1), reflect.ValueOf(2), reflect.ValueOf(3), reflect.ValueOf(4)})
	made := reflect.MakeFunc(reflect.TypeOf(inlineHold), func([]reflect.Value) []reflect.Value {
		hold()
		return nil
	}).Interface().(func(int))
	go made(5)
	go func() { made(6) }()
	method := reflect.ValueOf(&dog{"reflected"}).MethodByName("Speak")
	go method.Call([]reflect.Value{reflect.ValueOf(7)})
	bound := method.Interface().(func(int) string)
	go bound(8)
	go func() { bound(9) }()
	go reflect.ValueOf(make(chan int)).Recv()
	go reflect.Select([]reflect.SelectCase{
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(make(chan int))},
		{Dir: reflect.SelectSend, Chan: reflect.ValueOf(make(chan int)), Send: reflect.ValueOf(1)},
	})
}

// Go statements of every form.

func startCreators() {
	starter := func(n int) { go argDeadAfter(n, "closure", nil) }
	starter(1)
	defer func() {
		recover()
		go hold()
	}()
	defer func() { go func() { hold() }() }()
	go func() {
		go func() {
			go hold()
			hold()
		}()
		hold()
	}()
	func() {
		defer func() { go hold() }()
	}()
	genericCreator[int](1)
	genericCreator(pair{})
	p := &list{}
	p.create()
	ended := make(chan struct{})
	go func() {
		go hold() // the creator ends
		close(ended)
	}()
	<-ended
	assembly.Call(func() { go hold() })
	sort.Slice([]int{2, 1}, func(i, j int) bool { go hold(); return false })
	reflect.ValueOf(func() { go hold() }).Call(nil)
	panic("to be recovered")
}

func genericCreator[T any](value T) {
	go func() {
		hold()
		keep(value)
	}()
	go genericFunction(value)
}

func (l *list) create() {
	go l.second2()
	go func() { l.second2() }()
}

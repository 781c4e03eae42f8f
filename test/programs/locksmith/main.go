// SPDX-License-Identifier: Apache-2.0

// Locksmith takes locks in all the ways in which programs do, and waits with them; somebody else waits
// for each. It prints who holds which, one a line, then ready:
//
//	lock <style> <goroutine> <address> <exclusive or shared>
//	free <style> <goroutine> <address>	it has let go of it again, or never had it
//	once <style> <goroutine> <address>	of a sync.Once, which holds a lock of its own
//	ready pid=<pid> go=<release>
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

var (
	printing sync.Mutex
	global   sync.Mutex
	registry = struct {
		sync.RWMutex
		names map[string]int
	}{names: map[string]int{}}
	zero   = len(os.Args) - 1 // the compiler does not know
	begun  sync.WaitGroup
	parked = make(chan int)
)

type box struct {
	name string
	mu   sync.Mutex
	rw   sync.RWMutex
	next *box
	n    int
}

type embedded struct {
	name string
	sync.Mutex
	n int
}

type pointed struct {
	n  int
	mu *sync.Mutex
}

type stripes [8]struct {
	mu sync.Mutex
	n  int
}

func goroutine() int {
	var text [64]byte
	words := strings.Fields(string(text[:runtime.Stack(text[:], false)]))
	id, _ := strconv.Atoi(words[1])
	return id
}

// The caller stays here, with what it holds.
//
//go:noinline
func stay() {
	begun.Done()
	<-parked
}

//go:noinline
func tell(word, style string, address interface{}, mode string) {
	printing.Lock()
	defer printing.Unlock()
	fmt.Printf("%s %s %d %p %s\n", word, style, goroutine(), address, mode)
}

func deferred(b *box) {
	b.mu.Lock()
	defer b.mu.Unlock()
	tell("lock", "deferred", &b.mu, "exclusive")
	stay()
	b.n++
}

func explicit(b *box) {
	b.mu.Lock()
	b.n++
	tell("lock", "explicit", &b.mu, "exclusive")
	stay()
	b.mu.Unlock()
}

func branches(b *box) {
	b.mu.Lock()
	if zero != 0 {
		b.mu.Unlock()
		return
	}
	for i := 0; i < 3+zero; i++ {
		b.n += i
	}
	tell("lock", "branches", &b.mu, "exclusive")
	stay()
	b.mu.Unlock()
}

func released(b *box) {
	b.mu.Lock()
	b.n++
	b.mu.Unlock()
	tell("free", "released", &b.mu, "exclusive")
	stay()
	b.n++
}

// The unlock is deferred, but at this moment the lock is not held.
func reopened(b *box) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n++
	b.mu.Unlock()
	tell("free", "reopened", &b.mu, "exclusive")
	stay()
	b.mu.Lock()
}

func loops(b *box) {
	for i := 0; i < 3+zero; i++ {
		b.mu.Lock()
		b.n++
		if i == 2 {
			tell("lock", "loops", &b.mu, "exclusive")
			stay()
		}
		b.mu.Unlock()
	}
}

func conditional(b *box) {
	if zero == 0 {
		b.mu.Lock()
		defer b.mu.Unlock()
	}
	tell("lock", "conditional", &b.mu, "exclusive")
	stay()
}

func deferLoop(all []*box) {
	for _, b := range all {
		b.mu.Lock()
		defer b.mu.Unlock()
	}
	for _, b := range all {
		tell("lock", "defer-loop", &b.mu, "exclusive")
	}
	stay()
}

func embeds(e *embedded) {
	e.Lock()
	defer e.Unlock()
	tell("lock", "embedded", &e.Mutex, "exclusive")
	stay()
	e.n++
}

func points(p *pointed) {
	p.mu.Lock()
	p.n++
	tell("lock", "pointed", p.mu, "exclusive")
	stay()
	p.mu.Unlock()
}

func globally() {
	global.Lock()
	tell("lock", "global", &global, "exclusive")
	stay()
	global.Unlock()
}

func register(name string) {
	registry.Lock()
	defer registry.Unlock()
	tell("lock", "registry", &registry.RWMutex, "exclusive")
	stay()
	registry.names[name]++
}

func reads(b *box) int {
	b.rw.RLock()
	defer b.rw.RUnlock()
	tell("lock", "reads", &b.rw, "shared")
	stay()
	return b.n
}

func readsExplicitly(b *box) int {
	b.rw.RLock()
	n := b.n
	tell("lock", "reads-explicit", &b.rw, "shared")
	stay()
	b.rw.RUnlock()
	return n
}

func writes(b *box) {
	b.rw.Lock()
	b.n++
	tell("lock", "writes", &b.rw, "exclusive")
	stay()
	b.rw.Unlock()
}

//go:noinline
func (b *box) lock() {
	b.mu.Lock()
	b.n++
}

//go:noinline
func (b *box) unlock() {
	b.n--
	b.mu.Unlock()
}

func helped(b *box) {
	b.lock()
	tell("lock", "helped", &b.mu, "exclusive")
	stay()
	b.unlock()
}

func helpedAndDone(b *box) {
	b.lock()
	b.unlock()
	tell("free", "helped-done", &b.mu, "exclusive")
	stay()
}

func helpedWithDefer(b *box) {
	b.lock()
	defer b.unlock()
	tell("lock", "helped-deferred", &b.mu, "exclusive")
	stay()
}

//go:noinline
func byInterface(l sync.Locker, address interface{}) {
	l.Lock()
	defer l.Unlock()
	tell("lock", "interface", address, "exclusive")
	stay()
}

func tries(b *box) {
	if b.mu.TryLock() {
		tell("lock", "tries", &b.mu, "exclusive")
		stay()
		b.mu.Unlock()
	}
}

func triesInVain(b *box) {
	b.mu.Lock()
	if b.mu.TryLock() {
		b.n++
	}
	tell("lock", "tries-in-vain", &b.mu, "exclusive")
	stay()
	b.mu.Unlock()
}

func striped(s *stripes, key int) {
	s[key%8].mu.Lock()
	s[key%8].n++
	tell("lock", "striped", &s[key%8].mu, "exclusive")
	stay()
	s[key%8].mu.Unlock()
}

// Hand over hand to the last one.
func walks(b *box) {
	b.mu.Lock()
	for b.next != nil {
		next := b.next
		next.mu.Lock()
		b.mu.Unlock()
		b = next
	}
	tell("lock", "walks", &b.mu, "exclusive")
	stay()
	b.mu.Unlock()
}

func closure(b *box) func() {
	return func() {
		b.mu.Lock()
		defer func() {
			b.n++
			b.mu.Unlock()
		}()
		tell("lock", "closure", &b.mu, "exclusive")
		stay()
	}
}

func unlocker(b *box) func() {
	b.mu.Lock()
	return b.mu.Unlock
}

func returnsUnlock(b *box) {
	defer unlocker(b)()
	tell("lock", "returned-unlock", &b.mu, "exclusive")
	stay()
}

func once(o *sync.Once, b *box) {
	tell("once", "once", o, "exclusive")
	o.Do(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		tell("lock", "once", &b.mu, "exclusive")
		stay()
	})
}

func waitsFor(c *sync.Cond, b *box) {
	c.L.Lock()
	defer c.L.Unlock()
	tell("free", "condition", &b.mu, "exclusive")
	begun.Done()
	for b.n == 0 {
		c.Wait()
	}
}

//go:noinline
func many(a, b, c, d, e, f, g, h, i int, b1, b2 *box) int {
	b1.mu.Lock()
	b2.mu.Lock()
	defer b2.mu.Unlock()
	b1.mu.Unlock()
	tell("free", "many", &b1.mu, "exclusive")
	tell("lock", "many", &b2.mu, "exclusive")
	stay()
	return a + b + c + d + e + f + g + h + i
}

func recovers(b *box) {
	func() {
		defer func() { _ = recover() }()
		b.mu.Lock()
		defer b.mu.Unlock()
		var none []int
		none[zero]++
	}()
	tell("free", "recovers", &b.mu, "exclusive")
	stay()
}

func takers(b func() *box) []func() {
	e, p := &embedded{name: "e"}, &pointed{mu: &b().mu}
	chain := &box{next: &box{next: &box{}}}
	s := new(stripes)
	row := []*box{b(), b(), b()}
	read, readToo, write := &box{}, &box{}, &box{}
	condition, freed := b(), b()
	return []func(){
		func() { deferred(b()) }, func() { explicit(b()) }, func() { branches(b()) },
		func() { released(freed) }, func() { reopened(b()) }, func() { loops(b()) },
		func() { conditional(b()) }, func() { deferLoop(row) }, func() { embeds(e) },
		func() { points(p) }, globally, func() { register("x") }, func() { reads(read) },
		func() { readsExplicitly(readToo) }, func() { writes(write) }, func() { helped(b()) },
		func() { helpedAndDone(b()) }, func() { helpedWithDefer(b()) },
		func() { x := b(); byInterface(&x.mu, &x.mu) }, func() { tries(b()) },
		func() { triesInVain(b()) }, func() { striped(s, 5+zero) }, func() { walks(chain) },
		closure(b()), func() { returnsUnlock(b()) },
		func() { once(new(sync.Once), b()) }, func() { waitsFor(sync.NewCond(&condition.mu), condition) },
		func() { many(1, 2, 3, 4, 5, 6, 7, 8, 9, b(), b()) }, func() { recovers(b()) },
	}
}

func main() {
	all := takers(func() *box { return &box{name: "b"} })
	begun.Add(len(all))
	for _, take := range all {
		go take()
	}
	begun.Wait()
	time.Sleep(50 * time.Millisecond)
	// All have told by now. Whoever reads this looks at once, and would find the lock held.
	printing.Lock()
	printing.Unlock()
	fmt.Printf("ready pid=%d go=%s \n", os.Getpid(), runtime.Version())
	bytes := make([]byte, 1)
	os.Stdin.Read(bytes)
}

// SPDX-License-Identifier: Apache-2.0

// Ballast fills the heap with objects of every size and shape, and goroutines with what their
// stacks hold, so that what is alive can be compared with what the collector found.
//
// Commands: `live` collects, and tells what was found; `litter MIB` makes garbage beside it; `freeze`
// collects and stops the process at once, before anything is swept, and tells what was found when
// it runs again.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"programs/control"
)

var (
	mebibytes  = flag.Int("mib", 0, "of mixed objects")
	goroutines = flag.Int("goroutines", 0, "with deep stacks that hold objects")
	depth      = flag.Int("depth", 20, "of the stacks")
	spinning   = flag.Int("spin", 0, "goroutines that are never at a safe point but by force")
)

type thing interface{}

type little struct {
	next *little
	a    uint64
}
type middling struct {
	left, right *middling
	any         thing
	name        string
	numbers     [9]uint64
	last        *little
}
type sizeable struct {
	numbers [100]uint64
	things  [30]thing
	more    [20]uint64
}
type wide struct {
	number   uint64
	pointers [180]*little
}

var (
	kept    [64]thing
	frozen  = make(chan string)
	forever = make(chan int)
	dropped thing
	escaped unsafe.Pointer
)

type chance uint64

func (c *chance) below(n int) int {
	*c ^= *c << 13
	*c ^= *c >> 7
	*c ^= *c << 17
	return int(uint64(*c) % uint64(n))
}

// one makes an object by chance, that leads to some of what was made before.
func one(c *chance, recent *[256]thing) (thing, int) {
	other := recent[c.below(len(recent))]
	switch c.below(12) {
	case 0:
		l, _ := other.(*little)
		return &little{next: l}, 16
	case 1:
		m, _ := other.(*middling)
		return &middling{left: m, any: other, name: "fixed", last: new(little)}, 160
	case 2:
		s := new(sizeable)
		s.things[c.below(30)] = other
		return s, 1536
	case 3:
		w := new(wide)
		w.pointers[c.below(180)] = new(little)
		return w, 1536
	case 4:
		return make([]byte, c.below(300)), 200
	case 5:
		words := make([]string, c.below(20))
		for i := range words {
			words[i] = strconv.Itoa(c.below(1 << 30))
		}
		return words, 600
	case 6:
		m := make(map[int]thing)
		for i := c.below(40); i >= 0; i-- {
			m[i] = recent[c.below(len(recent))]
		}
		return m, 1200
	case 7:
		channel := make(chan thing, 1+c.below(8))
		channel <- other
		return channel, 200
	case 8:
		value := c.below(1000)
		return func() (thing, int) { return other, value }, 32
	case 9:
		if c.below(200) == 0 {
			return make([]*little, 20000+c.below(20000)), 250000
		}
		return make([]thing, c.below(60)), 480
	case 10:
		if c.below(300) == 0 {
			return make([]byte, 40000+c.below(400000)), 240000
		}
		return new(uint16), 2
	default:
		return &struct {
			a, b thing
			c    *int
		}{other, c.below(1000000), new(int)}, 60
	}
}

// fill makes about so many bytes, in chains that lead from what it returns.
func fill(bytes int, seed chance) thing {
	var recent [256]thing
	var all []thing
	for made := 0; made < bytes; {
		object, size := one(&seed, &recent)
		recent[seed.below(len(recent))] = object
		if seed.below(4) == 0 {
			all = append(all, object)
		}
		made += size + 8
	}
	return all
}

// away makes the compiler put it into the heap.
//
//go:noinline
func away(m *middling) {
	escaped = unsafe.Pointer(m)
	escaped = nil
}

//go:noinline
func descend(left int, above *little) uint64 {
	mine := &middling{last: &little{next: above}}
	away(mine)
	var pointers [4]*little
	pointers[left%4] = mine.last
	if left == 0 {
		<-forever
	} else {
		descend(left-1, pointers[left%4])
	}
	return mine.numbers[left%9] + pointers[left%4].a
}

//go:noinline
func spin(target *middling, ready chan bool) {
	inner := new(sizeable)
	escaped = unsafe.Pointer(inner)
	escaped = nil
	ready <- true
	for i := uint64(1); ; i = i*3 + 1 {
		if i == 0 {
			target.numbers[i%9] += inner.numbers[i%100]
		}
	}
}

func litter(arguments []string) ([]byte, error) {
	count, err := strconv.Atoi(arguments[0])
	if err != nil {
		return nil, err
	}
	for i := 0; i < count; i++ {
		dropped = fill(1<<20, chance(i+12345))
	}
	dropped = nil
	return nil, nil
}

var cycles = []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}

func collections() uint64 {
	metrics.Read(cycles)
	return cycles[0].Value.Uint64()
}

// freeze stops the process by its own hand as soon as the collection's end can be seen.
func freeze([]string) ([]byte, error) {
	debug.SetGCPercent(-1)
	runtime.GC()
	dropped = fill(16<<20, 99)
	dropped = nil
	before := collections()
	done := make(chan bool)
	go func() {
		runtime.GC()
		done <- true
	}()
	for collections() == before {
		runtime.Gosched()
	}
	syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	<-done
	time.Sleep(100 * time.Millisecond)
	return []byte(fmt.Sprint(control.LiveBytes())), nil
}

// settle waits until nothing is allocated any more: the goroutines have come to where they stay.
func settle() {
	var now runtime.MemStats
	for last, quiet := uint64(0), 0; quiet < 4; {
		time.Sleep(25 * time.Millisecond)
		runtime.ReadMemStats(&now)
		if now.Mallocs == last {
			quiet++
		} else {
			last, quiet = now.Mallocs, 0
		}
	}
}

func main() {
	flag.Parse()
	for i := range kept {
		kept[i] = fill(*mebibytes<<20/len(kept), chance(88172645463325252+i))
	}
	for i := 0; i < *goroutines; i++ {
		go descend(*depth, nil)
	}
	ready := make(chan bool)
	for i := 0; i < *spinning; i++ {
		go spin(new(middling), ready)
		<-ready
	}
	settle()
	control.Serve("", control.Commands{"litter": litter, "freeze": freeze})
}

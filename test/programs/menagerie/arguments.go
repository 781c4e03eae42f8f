// SPDX-License-Identifier: Apache-2.0

package menagerie

import (
	"errors"
	"fmt"
	"time"
	"unsafe"
)

// Every shape of argument that the runtime prints in its own way: in registers and on the stack,
// live and dead at the call, too many, too deep, too far, empty.

var _ = register(startArguments)

type pair struct{ first, second int }

type mixed struct {
	flag   bool
	small  int8
	_      int16
	number int32
	real   float64
	text   string
}

type deep struct {
	a struct {
		b struct {
			c struct{ d struct{ e struct{ f int } } }
		}
	}
}

type embedded struct {
	pair
	*mixed
	err error
}

type callback func(int) int

func startArguments() {
	go argInt(1, -2, 3, -4)
	go argUnsigned(0xff, 0xffff, 0xffffffff, 0xffffffffffffffff)
	go argString("hello", "")
	go argSlice([]int{1, 2, 3}, nil, make([]byte, 0, 77))
	go argStruct(pair{5, 6}, mixed{true, -1, 0, -3, 1.5, "mixed"})
	go argPointer(&pair{7, 8}, nil, unsafe.Pointer(&struct{ x int }{3}))
	go argFloat(1.5, -2.25, 3+4i)
	go argInterface(errors.New("x"), 42, nil, fmt.Stringer(time.Second))
	go argFunction(func(i int) int { return i + 1 }, nil)
	go argMapChannel(map[string]int{"a": 1}, make(chan pair))
	go argArray([1]int{1}, [2]int{2, 3}, [0]int{})
	go argLargeArray([64]int{0: 1, 63: 64}, 99)
	go argHugeArray([5000]byte{1: 1}, 100)
	go argMany(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)
	go argSpilled(1, 2, 3, 4, 5, 6, 7, 8, 9, "ten", 11, 12.5)
	go argDeep(deep{}, 1)
	go argEmpty(struct{}{}, 1, struct{}{})
	go argBools(true, false, true)
	go argBytes(1, 2, 3, 4, 5, 6, 7, 8)
	go argVariadic("format", 1, "two", 3.0)
	go argLiveAfter(11, "live", []int{1})
	go argDeadAfter(12, "dead", []int{2})
	go argPartlyLive(pair{13, 14}, "part")
	go argOverwritten(15)
	go argResults(16)
	go argNamedResults(17)
	go argEmbedded(embedded{pair{18, 19}, nil, errors.New("e")})
	go argStructOfArrays(struct {
		a [2]pair
		b [1]string
	}{})
	go argInLoop([]string{"a", "b"})
	go pair{20, 21}.value(22)
	go (&pair{23, 24}).pointer(25)
	go mixed{true, 2, 0, 3, 4, "five"}.many(6, 7, 8, 9)
	go callback(func(int) int { hold(); return 0 })(26)
	go argCaptured()
	go argEscaping(28)
	go argAddressTaken(29)
}

//go:noinline
func argInt(a, b, c, d int) { hold() }

//go:noinline
func argUnsigned(a uint8, b uint16, c uint32, d uint64) uint64 {
	hold()
	return uint64(a) + uint64(b) + uint64(c) + d
}

//go:noinline
func argString(a, b string) int {
	hold()
	return len(a) + len(b)
}

//go:noinline
func argSlice(a, b []int, c []byte) int {
	hold()
	return len(a) + cap(b) + int(c[:1][0])
}

//go:noinline
func argStruct(p pair, m mixed) string {
	hold()
	return fmt.Sprint(p.first, m.text)
}

//go:noinline
func argPointer(p, q *pair, r unsafe.Pointer) int {
	hold()
	return p.first
}

//go:noinline
func argFloat(a float32, b float64, c complex128) float64 {
	hold()
	return float64(a) + b + real(c)
}

//go:noinline
func argInterface(err error, any interface{}, none interface{}, s fmt.Stringer) string {
	hold()
	return s.String() + fmt.Sprint(err)
}

//go:noinline
func argFunction(f, g callback) int {
	hold()
	return f(1)
}

//go:noinline
func argMapChannel(m map[string]int, c chan pair) int {
	<-c
	return len(m)
}

//go:noinline
func argArray(a [1]int, b [2]int, c [0]int) int {
	hold()
	return a[0] + b[1]
}

//go:noinline
func argLargeArray(a [64]int, after int) int {
	hold()
	return a[after%64]
}

//go:noinline
func argHugeArray(a [5000]byte, after int) byte {
	hold()
	return a[after]
}

//go:noinline
func argMany(a, b, c, d, e, f, g, h, i, j, k, l, m, n int) int {
	hold()
	return a + n
}

//go:noinline
func argSpilled(a int8, b int16, c int32, d, e, f, g, h, i int64, j string, k int, l float64) int {
	hold()
	return int(a) + int(b) + k + len(j)
}

//go:noinline
func argDeep(d deep, after int) int {
	hold()
	return after
}

//go:noinline
func argEmpty(a struct{}, b int, c struct{}) { hold() }

//go:noinline
func argBools(a, b, c bool) bool {
	hold()
	return a && c
}

//go:noinline
func argBytes(a, b, c, d, e, f, g, h byte) byte {
	hold()
	return h
}

//go:noinline
func argVariadic(format string, rest ...interface{}) string {
	hold()
	return fmt.Sprintf(format, rest...)
}

//go:noinline
func argLiveAfter(a int, b string, c []int) int {
	hold()
	return a + len(b) + len(c)
}

//go:noinline
func argDeadAfter(a int, b string, c []int) int {
	sum := a + len(b) + len(c)
	hold()
	return sum
}

//go:noinline
func argPartlyLive(p pair, s string) int {
	hold()
	return p.second
}

//go:noinline
func argOverwritten(a int) int {
	a *= 1000
	hold()
	return a
}

//go:noinline
func argResults(a int) (int, string, error) {
	hold()
	return a, "", nil
}

//go:noinline
func argNamedResults(a int) (sum int, err error) {
	defer func() { err = nil }()
	sum = a
	hold()
	return
}

//go:noinline
func argEmbedded(e embedded) error {
	hold()
	return e.err
}

//go:noinline
func argStructOfArrays(s struct {
	a [2]pair
	b [1]string
}) string {
	hold()
	return s.b[0]
}

//go:noinline
func argInLoop(words []string) int {
	total := 0
	for i, word := range words {
		total += i * len(word)
		hold()
	}
	return total
}

func (p pair) value(x int) int {
	hold()
	return p.first + x
}

func (p *pair) pointer(x int) int {
	hold()
	return p.first + x
}

func (m mixed) many(a, b, c, d int) string {
	hold()
	return m.text
}

func argCaptured() {
	x, y := 27, "captured"
	func(z int) {
		defer func() {
			hold()
			x++
		}()
		y += fmt.Sprint(z)
	}(x)
	keep(y)
}

//go:noinline
func argEscaping(a int) *int {
	keep(&a)
	hold()
	return &a
}

//go:noinline
func argAddressTaken(a int) int {
	change(&a)
	hold()
	return a
}

//go:noinline
func change(a *int) { *a += 1000 }

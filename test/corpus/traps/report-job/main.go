// A report gathers what it needs for a minute, in a map and a slice of its own, and is done.
//
// corpus: over=3s
package main

import (
	"fmt"
	"time"

	"corpus/lib"
)

type line struct {
	customer string
	cents    [128]int64
}

type report struct {
	byCustomer map[string]*line
	order      []*line
}

func (r *report) add(customer string) {
	l := r.byCustomer[customer]
	if l == nil {
		l = &line{customer: customer}
		r.byCustomer[customer] = l
		r.order = append(r.order, l)
	}
	l.cents[0]++
}

func makeReport(days int) int {
	r := &report{byCustomer: map[string]*line{}}
	for day := 0; day < days; day++ {
		for i := 0; i < 20; i++ {
			r.add(fmt.Sprint("customer ", day, "/", i))
		}
		if day > 150 {
			time.Sleep(20 * time.Millisecond)
		}
	}
	return len(r.order)
}

func main() {
	go func() {
		println(makeReport(6000))
	}()
	lib.Wait()
}

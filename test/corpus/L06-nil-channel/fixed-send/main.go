// The sink is made with the meter.
package main

import "corpus/lib"

type metric struct {
	name  string
	value float64
}

type meter struct {
	sink chan metric
	sum  float64
}

func newMeter() *meter {
	m := &meter{sink: make(chan metric, 16)}
	go func() {
		for one := range m.sink {
			m.sum += one.value
		}
	}()
	return m
}

func (m *meter) report(name string, value float64) {
	m.sink <- metric{name, value}
}

func main() {
	m := newMeter()
	for i := 0; i < 75; i++ {
		go m.report("orders", float64(i))
	}
	lib.Wait()
	close(m.sink)
}

// A metric is sent to a sink that was never set up.
package main

import "corpus/lib"

type metric struct {
	name  string
	value float64
}

type meter struct {
	sink chan metric
}

func (m *meter) report(name string, value float64) {
	m.sink <- metric{name, value} // LEAK L6 count=75 certainty=proved
}

func main() {
	m := new(meter)
	for i := 0; i < 75; i++ {
		go m.report("orders", float64(i))
	}
	lib.Wait()
}

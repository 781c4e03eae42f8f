// The same through a global, with more readers piling up behind the writer.
//
// corpus: also=L12
package main

import (
	"sync"
	"time"

	"corpus/lib"
)

var (
	lock  sync.RWMutex
	rates = map[string]float64{"eur": 1}
)

func rate(currency string) float64 {
	lock.RLock() // LEAK L42 count=1|2|12 certainty=likely atmost=likely
	defer lock.RUnlock()
	return rates[currency]
}

func convert(from, to string) float64 {
	lock.RLock()
	defer lock.RUnlock()
	time.Sleep(60 * time.Millisecond)
	return rate(from) / rate(to)
}

func update(currency string, value float64) {
	lock.Lock() // LEAK L42
	defer lock.Unlock()
	rates[currency] = value
}

func main() {
	go convert("eur", "usd")
	time.Sleep(20 * time.Millisecond)
	go update("usd", 1.1)
	time.Sleep(20 * time.Millisecond)
	for i := 0; i < 10; i++ {
		go rate("eur")
	}
	lib.Wait()
	println(len(rates))
}

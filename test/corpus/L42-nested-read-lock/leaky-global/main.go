// The same through a global, with more readers piling up behind the writer.
//
// corpus: also=L12
package main

import (
	"sync"

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

// Then nobody is let in any more.
func writerWaits() bool {
	if lock.TryRLock() {
		lock.RUnlock()
		return false
	}
	return true
}

func isRead() bool {
	if lock.TryLock() {
		lock.Unlock()
		return false
	}
	return true
}

func convert(from, to string) float64 {
	lock.RLock()
	defer lock.RUnlock()
	lib.Until(writerWaits)
	return rate(from) / rate(to)
}

func update(currency string, value float64) {
	lock.Lock() // LEAK L42
	defer lock.Unlock()
	rates[currency] = value
}

func main() {
	go convert("eur", "usd")
	lib.Until(isRead)
	go update("usd", 1.1)
	lib.Until(writerWaits)
	for i := 0; i < 10; i++ {
		go rate("eur")
	}
	lib.Wait()
	println(len(rates))
}

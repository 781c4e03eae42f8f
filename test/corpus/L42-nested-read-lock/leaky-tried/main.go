// The same; the reader has tried the lock in between, and given it back.
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
	lock.RLock() // LEAK L42 count=1|2 certainty=likely atmost=likely
	defer lock.RUnlock()
	return rates[currency]
}

func untilWriterWaits() {
	for lock.TryRLock() {
		lock.RUnlock()
		time.Sleep(time.Millisecond)
	}
}

func convert(from, to string) float64 {
	lock.RLock()
	defer lock.RUnlock()
	untilWriterWaits()
	return rate(from) / rate(to)
}

func isRead() bool {
	if lock.TryLock() {
		lock.Unlock()
		return false
	}
	return true
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
	lib.Wait()
	println(len(rates))
}

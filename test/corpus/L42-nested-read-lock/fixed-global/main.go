// Under the lock it looks itself.
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
	lock.RLock()
	defer lock.RUnlock()
	return rates[currency]
}

func convert(from, to string) float64 {
	lock.RLock()
	defer lock.RUnlock()
	time.Sleep(60 * time.Millisecond)
	return rates[from] / (rates[to] + 1)
}

func update(currency string, value float64) {
	lock.Lock()
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

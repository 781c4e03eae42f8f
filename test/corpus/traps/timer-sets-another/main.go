// A timer that runs once sets another one, for which somebody waits: none of them starts itself again.
package main

import (
	"time"

	"corpus/lib"
)

type alarm struct {
	rings *time.Timer
	name  string
}

func (a *alarm) wait() {
	<-a.rings.C
	println(a.name)
}

func announce(name string) {
	a := &alarm{time.NewTimer(time.Hour), name}
	a.rings.Stop()
	go a.wait()
	time.AfterFunc(time.Hour, func() { a.rings.Reset(time.Minute) })
}

func main() {
	for i := 0; i < 60; i++ {
		announce("an alarm")
	}
	lib.Wait()
}

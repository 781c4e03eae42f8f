// Jobs of a calendar sleep until it is their time.
package main

import (
	"time"

	"corpus/lib"
)

type job struct {
	name string
	next time.Duration
	runs int
}

func (j *job) run() {
	for {
		time.Sleep(j.next)
		j.runs++
	}
}

func main() {
	for i, name := range []string{"clean", "report", "backup", "renew"} {
		go (&job{name: name, next: time.Duration(i+1) * time.Hour}).run()
	}
	lib.Wait()
}

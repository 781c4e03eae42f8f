// The same in a field of a long-lived object, with strings as keys.
package main

import (
	"fmt"
	"runtime"

	"corpus/lib"
)

type lease struct {
	until int64
	owner [14]int64
}

type table struct {
	leases map[string]lease // HOLDER L28
}

var leases *table

func (t *table) storm(hosts int) {
	for i := 0; i < hosts; i++ {
		t.leases[fmt.Sprint("host", i)] = lease{until: int64(i)} // LEAK L28 count=1 bytes=@kept certainty=likely holder=leases
	}
	for i := 0; i < hosts; i++ {
		delete(t.leases, fmt.Sprint("host", i))
	}
}

func alive() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func main() {
	leases = &table{leases: map[string]lease{}}
	before := alive()
	leases.storm(80000)
	lib.Tell("kept", alive()-before)
	lib.Wait()
	println(len(leases.leases))
}

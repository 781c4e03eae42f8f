// A new map when all are gone.
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
	leases map[string]lease
}

var leases *table

func (t *table) storm(hosts int) {
	for i := 0; i < hosts; i++ {
		t.leases[fmt.Sprint("host", i)] = lease{until: int64(i)}
	}
	for i := 0; i < hosts; i++ {
		delete(t.leases, fmt.Sprint("host", i))
	}
	if len(t.leases) == 0 {
		t.leases = map[string]lease{}
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

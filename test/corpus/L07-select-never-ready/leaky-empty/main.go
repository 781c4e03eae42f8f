// A monitor is kept "running" for ever, one for each upload.
package main

import (
	"fmt"

	"corpus/lib"
)

type upload struct {
	name string
	part []byte
}

func (u *upload) monitor() {
	defer func() { u.part = nil }()
	println(u.name)
	select {} // LEAK L7 count=64 bytes=@measured certainty=proved
}

func main() {
	for i := 0; i < 64; i++ {
		go (&upload{fmt.Sprint("upload ", i), make([]byte, 65536)}).monitor()
	}
	lib.Wait()
}

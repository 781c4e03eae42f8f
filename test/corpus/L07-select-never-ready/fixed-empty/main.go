// It ends with the upload.
package main

import (
	"context"
	"fmt"

	"corpus/lib"
)

type upload struct {
	name string
	part []byte
}

func (u *upload) monitor(ctx context.Context) {
	defer func() { u.part = nil }()
	println(u.name)
	<-ctx.Done()
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	for i := 0; i < 64; i++ {
		go (&upload{fmt.Sprint("upload ", i), make([]byte, 65536)}).monitor(ctx)
	}
	cancel()
	lib.Wait()
}

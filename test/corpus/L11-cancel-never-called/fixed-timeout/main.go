// Cancelled when it is over.
package main

import (
	"context"
	"fmt"
	"time"

	"corpus/lib"
)

type lookup struct {
	ctx  context.Context
	host string
	buf  []byte
}

func resolve(host string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Hour)
	defer cancel()
	l := &lookup{ctx, host, make([]byte, 512)}
	if l.ctx.Err() != nil {
		return 0
	}
	return copy(l.buf, l.host)
}

func main() {
	sum := 0
	for i := 0; i < 800; i++ {
		sum += resolve(fmt.Sprint("host", i))
	}
	lib.Wait()
	println(sum)
}

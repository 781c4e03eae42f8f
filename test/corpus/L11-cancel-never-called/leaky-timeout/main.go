// A lookup has a generous timeout, and nobody says that it is over already.
//
// corpus: also=L31
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
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Hour) // LEAK L11|L31 count=800 certainty=likely
	_ = cancel
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

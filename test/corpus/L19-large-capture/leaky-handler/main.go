// Handlers by route, each with the request that it was made for.
package main

import (
	"fmt"

	"corpus/lib"
)

type request struct {
	route  string
	body   [131072]byte
	header map[string]string
}

type router struct {
	handlers map[string]func() int
}

var routes = router{handlers: map[string]func() int{}} // HOLDER L19

func (r *router) learn(route string) {
	q := &request{route: route, header: map[string]string{"length": "7"}} // LEAK L19 count=80 bytes=80*139264 certainty=likely holder=main.routes
	r.handlers[route] = func() int {                                      // LEAK L19
		return len(q.header["length"])
	}
}

func main() {
	for i := 0; i < 80; i++ {
		routes.learn(fmt.Sprint("/item/", i))
	}
	lib.Wait()
	println(routes.handlers["/item/7"]())
}

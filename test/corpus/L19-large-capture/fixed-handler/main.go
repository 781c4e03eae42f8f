// It captures a number.
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

var routes = router{handlers: map[string]func() int{}}

func (r *router) learn(route string) {
	q := &request{route: route, header: map[string]string{"length": "7"}}
	length := len(q.header["length"])
	r.handlers[route] = func() int {
		return length
	}
}

func main() {
	for i := 0; i < 80; i++ {
		routes.learn(fmt.Sprint("/item/", i))
	}
	lib.Wait()
	println(routes.handlers["/item/7"]())
}

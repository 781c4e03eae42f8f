// A session keeps the token, a part of the request that it came with.
package main

import (
	"fmt"

	"corpus/lib"
)

type session struct {
	user  string
	token []byte // HOLDER L20
}

var sessions = map[string]*session{}

func login(user string) {
	body := make([]byte, 131072) // LEAK L20 count=100 bytes=100*131072 certainty=likely holder=main.sessions
	copy(body[512:], "secret of "+user)
	sessions[user] = &session{user, body[512:544]}
}

func main() {
	for i := 0; i < 100; i++ {
		login(fmt.Sprint("user ", i))
	}
	lib.Wait()
	println(len(sessions))
}

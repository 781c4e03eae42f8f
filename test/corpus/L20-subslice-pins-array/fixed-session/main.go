// The token is copied.
package main

import (
	"fmt"

	"corpus/lib"
)

type session struct {
	user  string
	token []byte
}

var sessions = map[string]*session{}

func login(user string) {
	body := make([]byte, 131072)
	copy(body[512:], "secret of "+user)
	sessions[user] = &session{user, append([]byte(nil), body[512:544]...)}
}

func main() {
	for i := 0; i < 100; i++ {
		login(fmt.Sprint("user ", i))
	}
	lib.Wait()
	println(len(sessions))
}

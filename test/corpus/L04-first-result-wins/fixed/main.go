// Room for every answer.
package main

import "corpus/lib"

type answer struct {
	replica string
	rows    []byte
}

func ask(replica string) *answer {
	return &answer{replica, make([]byte, 32768)}
}

func first(replicas []string) *answer {
	answers := make(chan *answer, len(replicas))
	for _, replica := range replicas {
		go func(replica string) {
			answers <- ask(replica)
		}(replica)
	}
	return <-answers
}

func main() {
	replicas := []string{"a", "b", "c", "d", "e"}
	for i := 0; i < 30; i++ {
		first(replicas)
	}
	lib.Wait()
}

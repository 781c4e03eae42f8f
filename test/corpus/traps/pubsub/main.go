// Subscribers with nothing to read, in the list of a broker that could publish.
package main

import (
	"fmt"
	"sync"

	"corpus/lib"
)

type broker struct {
	mu          sync.RWMutex
	subscribers map[string][]chan string
}

var events = &broker{subscribers: map[string][]chan string{}}

func (b *broker) subscribe(topic string) <-chan string {
	messages := make(chan string, 4)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subscribers[topic] = append(b.subscribers[topic], messages)
	return messages
}

func (b *broker) publish(topic, message string) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, s := range b.subscribers[topic] {
		select {
		case s <- message:
		default:
		}
	}
}

func listen(messages <-chan string) {
	for range messages {
	}
}

func main() {
	for i := 0; i < 90; i++ {
		go listen(events.subscribe(fmt.Sprint("topic ", i%5)))
	}
	events.publish("topic 1", "hello")
	lib.Wait()
	events.publish("topic 2", "bye")
}

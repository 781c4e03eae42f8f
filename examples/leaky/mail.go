package main

// Mailer writes to customers.
type Mailer struct {
	outbox chan string
}

// announce sends a text to some customers.
//
// The leak: nobody ever made the outbox, and a send on a nil channel waits for ever.
func (m *Mailer) announce(text string, customers int) {
	for i := 0; i < customers; i++ {
		go m.send(text)
	}
}

func (m *Mailer) send(text string) {
	m.outbox <- text
}

// sendLater would send what was queued, some day.
//
// The leak: an empty select never ends: there is nothing that could wake it.
func (m *Mailer) sendLater() {
	go func() {
		select {}
	}()
}

package main

import (
	"strconv"
	"sync"
)

// Session remembers a customer between requests.
type Session struct {
	id     string
	user   string
	recent [4096]byte
}

// Sessions holds every session by its id.
//
// The leak: a session is never removed, so the map grows with every login.
type Sessions struct {
	mutex sync.Mutex
	byID  map[string]*Session // guarded by mutex
}

func newSessions() *Sessions {
	return &Sessions{byID: map[string]*Session{}}
}

func (s *Sessions) start(user string) *Session {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	session := &Session{id: strconv.Itoa(len(s.byID)), user: user}
	s.byID[session.id] = session
	return session
}

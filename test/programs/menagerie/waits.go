// SPDX-License-Identifier: Apache-2.0

package menagerie

import (
	"context"
	"io"
	"sync"
	"time"
)

var _ = register(startSync)
var _ = register(startTimers)

type guarded struct {
	before int
	sync.Mutex
	shared sync.RWMutex
	group  sync.WaitGroup
	once   sync.Once
	cond   *sync.Cond
	tokens chan struct{}
}

func startSync() {
	held := &guarded{tokens: make(chan struct{}, 2)}
	held.Lock()
	keep(held)
	for i := 0; i < 3; i++ {
		go held.lock()
	}

	writing := &guarded{}
	writing.shared.Lock()
	keep(writing)
	go writing.readLock()
	go writing.readLock()
	go writing.writeLock()

	reading := &guarded{}
	reading.shared.RLock()
	keep(reading)
	go reading.writeLock()
	time.Sleep(10 * time.Millisecond) // the writer must be there first
	go reading.readLock()
	go reading.writeLock()

	working := &guarded{}
	working.group.Add(1)
	keep(working)
	go working.wait()
	go working.wait()

	waiting := &guarded{}
	waiting.cond = sync.NewCond(waiting)
	keep(waiting)
	for i := 0; i < 4; i++ {
		go waiting.condition()
	}
	readers := sync.NewCond(waiting.shared.RLocker())
	keep(readers)
	go func() {
		readers.L.Lock()
		defer readers.L.Unlock()
		readers.Wait()
	}()

	once := &guarded{}
	keep(once)
	go once.first()
	time.Sleep(10 * time.Millisecond)
	go once.second()

	limited := &guarded{tokens: make(chan struct{}, 2)}
	keep(limited)
	for i := 0; i < 4; i++ {
		go limited.semaphore()
	}

	source, sink := io.Pipe()
	keep(sink)
	go io.ReadAll(source)
	_, other := io.Pipe()
	go func() { other.Write([]byte("nobody reads this")) }()

	pool := &sync.Pool{New: func() interface{} { hold(); return nil }}
	go pool.Get()

	var table sync.Map
	table.Store("key", "value")
	go table.Range(func(key, value interface{}) bool { hold(); return true })

	go lockHandover()
}

func (g *guarded) lock() {
	g.Lock()
	defer g.Unlock()
	g.before++
}

func (g *guarded) readLock()  { g.shared.RLock() }
func (g *guarded) writeLock() { g.shared.Lock() }
func (g *guarded) wait()      { g.group.Wait() }

func (g *guarded) condition() {
	g.Lock()
	defer g.Unlock()
	for g.before == 0 {
		g.cond.Wait()
	}
}

func (g *guarded) first()  { g.once.Do(hold) }
func (g *guarded) second() { g.once.Do(func() { panic("never") }) }

func (g *guarded) semaphore() {
	g.tokens <- struct{}{}
	defer func() { <-g.tokens }()
	hold()
}

// lockHandover waits for a mutex that a goroutine holds which waits for it in turn.
func lockHandover() {
	var a, b sync.Mutex
	a.Lock()
	go func() {
		b.Lock()
		a.Lock()
	}()
	time.Sleep(5 * time.Millisecond)
	b.Lock()
}

func startTimers() {
	go time.Sleep(100 * time.Hour)
	go sleepInLoop()
	go ticking(time.NewTicker(99 * time.Hour))
	go timed(time.NewTimer(98 * time.Hour))
	go timeChannel(time.After(97 * time.Hour))
	time.AfterFunc(time.Millisecond, func() { hold() })
	time.AfterFunc(time.Millisecond, hold)

	background := context.Background()
	timeout, cancel := context.WithTimeout(background, 96*time.Hour)
	keep(cancel)
	go waitContext(timeout)
	child, cancelChild := context.WithCancel(context.WithValue(timeout, "key", 1))
	keep(cancelChild)
	go func(ctx context.Context) {
		<-ctx.Done()
	}(child)
	// A context of a foreign kind needs a goroutine that watches it.
	_, cancelForeign := context.WithCancel(foreignContext{timeout, make(chan struct{})})
	keep(cancelForeign)
}

type foreignContext struct {
	context.Context
	done chan struct{}
}

func (f foreignContext) Done() <-chan struct{} { return f.done }

func sleepInLoop() {
	for {
		time.Sleep(95 * time.Hour)
	}
}

func ticking(ticker *time.Ticker) {
	defer ticker.Stop()
	for range ticker.C {
	}
}

func timed(timer *time.Timer) time.Time { return <-timer.C }

func timeChannel(channel <-chan time.Time) { <-channel }

func waitContext(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-never:
		return nil
	}
}

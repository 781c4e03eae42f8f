package rounds

import (
	"strconv"
	"testing"
)

func TestSessions(t *testing.T) {
	for i := 0; i < 10; i++ {
		s := fresh()
		sessions[s.id] = s
	}
}

// One a round, of no objects of its own.
func TestByName(t *testing.T) {
	next++
	byName[strconv.Itoa(next)] = "here"
}

func TestShared(t *testing.T) {
	for i := 0; i < 10; i++ {
		s := fresh()
		shared.Store(s.id, s)
	}
}

func TestHistory(t *testing.T) {
	t.Run("sub", func(t *testing.T) {
		for i := 0; i < 10; i++ {
			history = append(history, fresh())
		}
	})
}

func TestChain(t *testing.T) {
	for i := 0; i < 10; i++ {
		chain = &link{next: chain}
	}
}

func TestFixedDeletes(t *testing.T) {
	for i := 0; i < 10; i++ {
		s := fresh()
		active[strconv.Itoa(s.id)] = s
	}
	for name := range active {
		delete(active, name)
	}
}

func TestFixedTables(t *testing.T) {
	for i := 0; i < 100; i++ {
		if tables[i] == nil {
			tables[i] = fresh()
		}
	}
}

func TestFixedPool(t *testing.T) {
	for i := 0; i < 20; i++ {
		pool.Put(new([1000]byte))
	}
	for i := 0; i < 10; i++ {
		buffer := pool.Get().(*[1000]byte)
		buffer[0]++
	}
}

func TestFixedBounded(t *testing.T) {
	for i := 0; i < 7; i++ {
		cache.add(fresh())
	}
}

func TestFixedRecent(t *testing.T) {
	for i := 0; i < 7; i++ {
		if len(recent) == cap(recent) {
			recent = append(recent[:0], recent[1:]...)
		}
		recent = append(recent, fresh())
	}
}

func TestFixedSubtests(t *testing.T) {
	for i := 0; i < 30; i++ {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			t.Cleanup(func() {})
			t.Logf("%d", i)
			t.TempDir()
		})
	}
}

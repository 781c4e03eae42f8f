package rounds

import (
	"net"
	"os"
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

func open(t *testing.T) *os.File {
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestHeldFiles(t *testing.T) { files = append(files, open(t)) }

func TestDroppedFiles(t *testing.T) {
	for i := 0; i < 2; i++ {
		open(t)
	}
}

func listen(t *testing.T) net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	return listener
}

func dial(t *testing.T, address string) net.Conn {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return connection
}

var (
	always net.Listener
	once   *os.File
)

func TestSockets(t *testing.T) {
	if always == nil {
		always = listen(t)
	}
	dial(t, always.Addr().String())
}

func TestFixedFiles(t *testing.T) {
	for i := 0; i < 5; i++ {
		open(t).Close()
	}
	if once == nil {
		once = open(t)
	}
}

func TestFixedSockets(t *testing.T) {
	listener := listen(t)
	defer listener.Close()
	dial(t, listener.Addr().String()).Close()
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

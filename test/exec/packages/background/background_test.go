// Package background starts what the standard library keeps running: nobody's leak, though it is left.
package background

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"runtime/pprof"
	"runtime/trace"
	"syscall"
	"testing"
	"time"
)

var kinds = []struct {
	name string
	run  func(t *testing.T)
}{
	{"signal.Notify", notify},
	{"signal.NotifyContext", notifyContext},
	{"runtime/trace", tracing},
	{"cpu profile", profiling},
	{"http idle connection", idle},
	{"http server of the package", serve},
	{"os/exec with a context", watched},
	{"os/exec with output", copied},
	{"database of the package", database},
	{"time.AfterFunc that runs", afterwards},
	{"time.Ticker of the package", ticking},
	{"worker of the package", worker},
	{"reads from a pipe", pipe},
	{"context of (the) package 1.5", values},
}

// What another file does around each.
var around = func(*testing.T) func() { return func() {} }

func TestBackground(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			defer around(t)()
			kind.run(t)
		})
	}
}

// The context of a test's own tests, and those that wait for it.
func TestParallel(t *testing.T) {
	for _, name := range []string{"one", "other"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			time.Sleep(time.Millisecond)
		})
	}
}

var signals = make(chan os.Signal, 1)

func notify(*testing.T) { signal.Notify(signals, syscall.SIGUSR1) }

var stopped, stop = context.Background(), context.CancelFunc(nil)

func notifyContext(*testing.T) {
	stopped, stop = signal.NotifyContext(context.Background(), syscall.SIGUSR2)
}

func tracing(t *testing.T) {
	if err := trace.Start(io.Discard); err != nil {
		t.Skip(err)
	}
}

func profiling(t *testing.T) {
	if err := pprof.StartCPUProfile(io.Discard); err != nil {
		t.Skip(err)
	}
}

var server *httptest.Server

func serve(*testing.T) {
	server = httptest.NewServer(http.NotFoundHandler())
}

// Read to its end and closed as it should be: the connection is kept for the next one.
func idle(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	go http.Serve(listener, http.NotFoundHandler())
	for i := 0; i < 3; i++ {
		answer, err := http.Get("http://" + listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
	}
}

var cancel context.CancelFunc

// The children end with their standard input: when this process does.
func child(t *testing.T, command *exec.Cmd) {
	if _, err := command.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	go command.Wait()
}

func watched(t *testing.T) {
	var ctx context.Context
	ctx, cancel = context.WithCancel(context.Background())
	child(t, exec.CommandContext(ctx, "cat"))
}

func copied(t *testing.T) {
	command := exec.Command("cat")
	command.Stdout = io.MultiWriter(io.Discard)
	child(t, command)
}

type nowhere struct{}

func (nowhere) Open(string) (driver.Conn, error) { return nil, errors.New("nowhere") }

var db *sql.DB

func database(t *testing.T) {
	sql.Register("nowhere", nowhere{})
	var err error
	if db, err = sql.Open("nowhere", ""); err != nil {
		t.Fatal(err)
	}
}

var gate = make(chan struct{})

func afterwards(*testing.T) {
	started := make(chan struct{})
	time.AfterFunc(time.Millisecond, func() {
		close(started)
		<-gate
	})
	<-started
}

var ticker = time.NewTicker(time.Hour)

func ticking(*testing.T) {
	go func() {
		for range ticker.C {
			println("an hour")
		}
	}()
}

var jobs = make(chan func())

func worker(*testing.T) {
	go func() {
		for job := range jobs {
			job()
		}
	}()
	jobs <- func() {}
}

// Nobody writes to it.
func pipe(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	pipes = append(pipes, reader, writer)
	go io.Copy(io.Discard, reader)
}

var pipes []*os.File

// Not one of package context's own: a goroutine has to wait for it.
type own struct{ context.Context }

func (own) Done() <-chan struct{} { return gate }

func values(*testing.T) {
	_, leave = context.WithCancel(own{context.Background()})
}

var leave context.CancelFunc

// SPDX-License-Identifier: Apache-2.0

package menagerie

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"syscall"
	"time"
)

var _ = register(startNetwork)
var _ = register(startFiles)
var _ = register(startThreads)
var _ = register(startLabels)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func startNetwork() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	keep(listener)
	go accept(listener)
	go accept(listener) // waits for the descriptor's lock, or beside the first

	peers, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	keep(peers)
	connect := func() (net.Conn, net.Conn) {
		client, err := net.Dial("tcp", peers.Addr().String())
		must(err)
		server, err := peers.Accept()
		must(err)
		keep(client)
		keep(server)
		return client, server
	}
	client, server := connect()
	go read(client)
	go bufio.NewReader(server).ReadString('\n')
	client, _ = connect()
	go fill(client)
	client, server = connect()
	go io.Copy(server, client)
	client, _ = connect()
	client.SetReadDeadline(time.Now().Add(90 * time.Hour))
	go read(client)
	client, _ = connect()
	go read(client)
	go read(client) // a second reader waits for the descriptor's lock

	go dialNobody()

	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(err)
	keep(packets)
	go packets.ReadFrom(make([]byte, 100))

	folder, err := os.MkdirTemp("", "menagerie")
	must(err)
	path := filepath.Join(folder, "socket")
	local, err := net.Listen("unix", path)
	must(err)
	keep(local)
	caller, err := net.Dial("unix", path)
	must(err)
	callee, err := local.Accept()
	must(err)
	keep(caller)
	go accept(local)
	time.Sleep(time.Millisecond)
	go read(callee)
	os.RemoveAll(folder)

	startHTTP()

	left, right := net.Pipe()
	keep(right)
	go read(left)
}

func startHTTP() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	handler := http.NewServeMux()
	handler.HandleFunc("/hang", func(http.ResponseWriter, *http.Request) { hold() })
	handler.HandleFunc("/body", func(w http.ResponseWriter, r *http.Request) { io.ReadAll(r.Body) })
	handler.HandleFunc("/quick", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "x") })
	go http.Serve(listener, handler)
	url := "http://" + listener.Addr().String()
	client := &http.Client{Transport: &http.Transport{}}
	go client.Get(url + "/hang")
	endless, writer := io.Pipe()
	keep(writer)
	go client.Post(url+"/body", "text/plain", endless)
	// A connection kept alive: two goroutines on this side, one on the other.
	answer, err := client.Get(url + "/quick")
	must(err)
	io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
}

func accept(listener net.Listener) { listener.Accept() }

func read(from io.Reader) {
	var buffer [10]byte
	from.Read(buffer[:])
}

func fill(to io.Writer) {
	for {
		_, err := to.Write(make([]byte, 1<<16))
		must(err)
	}
}

// dialNobody dials an address whose queue of connections is full, so that no answer comes.
func dialNobody() {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	must(err)
	must(syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	must(syscall.Listen(socket, 0))
	name, err := syscall.Getsockname(socket)
	must(err)
	address := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*syscall.SockaddrInet4).Port}
	for {
		connection, err := net.DialTCP("tcp", nil, address)
		if err != nil {
			hold()
		}
		keep(connection)
	}
}

func startFiles() {
	source, sink, err := os.Pipe()
	must(err)
	keep(sink)
	keep(source)
	go source.Read(make([]byte, 10))
	unread, full, err := os.Pipe()
	must(err)
	keep(unread)
	keep(full)
	go fill(full)

	var raw [2]int
	must(syscall.Pipe(raw[:]))
	go readRaw(raw[0])
	go sleepRaw()
	go flock()

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	go func() {
		for range signals {
		}
	}()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGUSR2)
	keep(stop)
	keep(ctx)

	// cat ends by itself when this process, which holds its input, has ended.
	command := exec.Command("cat")
	input, err := command.StdinPipe()
	must(err)
	keep(input)
	var output bytes.Buffer
	command.Stdout = &output
	if command.Start() == nil {
		go command.Wait()
	}
}

func readRaw(descriptor int) {
	var buffer [1]byte
	syscall.Read(descriptor, buffer[:])
}

func sleepRaw() {
	syscall.Nanosleep(&syscall.Timespec{Sec: 1 << 30}, nil)
}

// flock waits in the kernel for a lock on a file that this process holds through another
// descriptor.
func flock() {
	file, err := os.CreateTemp("", "menagerie")
	must(err)
	again, err := os.Open(file.Name())
	must(err)
	os.Remove(file.Name())
	// A collected file would be closed, and a call that the kernel restarts after a stop would
	// find a descriptor that is not there any more.
	keep(file)
	keep(again)
	must(syscall.Flock(int(file.Fd()), syscall.LOCK_EX))
	syscall.Flock(int(again.Fd()), syscall.LOCK_EX)
}

func startThreads() {
	go func() {
		runtime.LockOSThread()
		hold()
	}()
	go func() {
		runtime.LockOSThread()
		sleepRaw()
	}()
	go func() {
		runtime.LockOSThread()
		runtime.LockOSThread()
		runtime.UnlockOSThread()
		select {}
	}()

	busy := new([64]byte)
	runtime.SetFinalizer(busy, finalize)
	busy = nil
	runtime.GC()
}

func finalize(object *[64]byte) { hold() }

func startLabels() {
	ctx := context.Background()
	go pprof.Do(ctx, pprof.Labels("request", "17"), func(context.Context) { hold() })
	go pprof.Do(ctx, pprof.Labels("request id", `a "quoted" \ one`, "path", "/a/b_c.d", "empty", ""),
		func(ctx context.Context) {
			pprof.Do(ctx, pprof.Labels("tab\tnewline\n", "größe \u00e9\U0001f600\xff\x01\x7f"),
				func(context.Context) {
					go hold() // labels are inherited
					select {}
				})
		})
}

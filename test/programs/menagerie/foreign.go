// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package menagerie

/*
#cgo LDFLAGS: -lpthread
#include <pthread.h>
#include <stdint.h>
#include <unistd.h>

extern void calledBack(int, uintptr_t);
extern int  calledBackDeep(int);

static void sleep_in_c(int seconds) { for (;;) sleep(seconds); }
static void call_back(int n, uintptr_t v) { calledBack(n, v); }
static int  call_deep(int n) { return calledBackDeep(n); }

static void *thread_main(void *argument)
{
	calledBack(100, (uintptr_t)argument);
	return 0;
}

static int start_thread(void)
{
	pthread_t thread;
	return pthread_create(&thread, 0, thread_main, (void *)7);
}

// A thread that has called Go once and come back: its goroutine is kept for the next call.
extern void returned(void);
static void *thread_twice(void *argument)
{
	(void)argument;
	returned();
	sleep_in_c(1000);
	return 0;
}

static int start_returning_thread(void)
{
	pthread_t thread;
	return pthread_create(&thread, 0, thread_twice, 0);
}
*/
import "C"

var _ = register(startForeign)

func startForeign() {
	go sleepInC(1000)
	go func() { C.sleep_in_c(1001) }()
	go callBack(1, 2)
	go C.call_deep(5)
	C.start_thread()
	C.start_returning_thread()
}

//go:noinline
func sleepInC(seconds int) {
	C.sleep_in_c(C.int(seconds))
	keepNumber(seconds)
}

func callBack(n int, v uintptr) { C.call_back(C.int(n), C.uintptr_t(v)) }

//export calledBack
func calledBack(n C.int, v C.uintptr_t) {
	func() {
		hold()
	}()
}

//export calledBackDeep
func calledBackDeep(n C.int) C.int {
	if n == 0 {
		hold()
	}
	return C.call_deep(n-1) + 1
}

//export returned
func returned() {}

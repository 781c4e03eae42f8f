/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/waits.h"

#include <string.h>

#include "base/macros.h"

/* What a dump says of a channel is which way. */
static struct wait_channel to_receive = { .send = false }, to_send = { .send = true };

static const struct {
	const char *words;
	enum goroutine_state state;
	enum wait_kind kind;
	bool send;
} states[] = {
	{ "chan receive", GOROUTINE_WAITING, WAIT_CHANNEL, false },
	{ "chan send", GOROUTINE_WAITING, WAIT_CHANNEL, true },
	{ "chan receive (synctest)", GOROUTINE_WAITING, WAIT_CHANNEL, false },
	{ "chan send (synctest)", GOROUTINE_WAITING, WAIT_CHANNEL, true },
	{ "chan receive (nil chan)", GOROUTINE_WAITING, WAIT_NIL_CHANNEL, false },
	{ "chan send (nil chan)", GOROUTINE_WAITING, WAIT_NIL_CHANNEL, true },
	{ "select", GOROUTINE_WAITING, WAIT_SELECT, false },
	{ "select (no cases)", GOROUTINE_WAITING, WAIT_EMPTY_SELECT, false },
	{ "sync.Mutex.Lock", GOROUTINE_WAITING, WAIT_MUTEX, false },
	{ "sync.RWMutex.RLock", GOROUTINE_WAITING, WAIT_RWMUTEX_READ, false },
	{ "sync.RWMutex.Lock", GOROUTINE_WAITING, WAIT_RWMUTEX_WRITE, false },
	{ "sync.Cond.Wait", GOROUTINE_WAITING, WAIT_COND, false },
	{ "sync.WaitGroup.Wait", GOROUTINE_WAITING, WAIT_WAITGROUP, false },
	{ "semacquire", GOROUTINE_WAITING, WAIT_SEMAPHORE, false },
	{ "sleep", GOROUTINE_WAITING, WAIT_SLEEP, false },
	{ "IO wait", GOROUTINE_WAITING, WAIT_DESCRIPTOR, false },
	{ "running", GOROUTINE_RUNNING, WAIT_NONE, false },
	{ "runnable", GOROUTINE_RUNNABLE, WAIT_NONE, false },
	{ "syscall", GOROUTINE_SYSCALL, WAIT_NONE, false },
	{ "idle", GOROUTINE_IDLE, WAIT_NONE, false },
	{ "dead", GOROUTINE_DEAD, WAIT_NONE, false },
	{ "waiting for cgo callback", GOROUTINE_DEAD, WAIT_NONE, false },
	{ "copystack", GOROUTINE_COPYSTACK, WAIT_NONE, false },
	{ "preempted", GOROUTINE_PREEMPTED, WAIT_NONE, false },
	{ "???", GOROUTINE_UNKNOWN, WAIT_NONE, false },
};

void dump_wait_decode(const struct span *state, struct goroutine *goroutine)
{
	goroutine->state = GOROUTINE_WAITING;
	goroutine->wait = (struct wait){ .wakes_in_ns = INT64_MIN, .descriptor = -1 };
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		if (!span_is(state, states[i].words, strlen(states[i].words)))
			continue;
		goroutine->state = states[i].state;
		goroutine->wait.kind = states[i].kind;
		goroutine->wait.send = states[i].send;
		break;
	}
	if (goroutine->wait.kind == WAIT_CHANNEL) {
		goroutine->wait.channels = goroutine->wait.send ? &to_send : &to_receive;
		goroutine->wait.channel_count = 1;
	}
}

bool dump_wait_wants_lock(const struct goroutine *goroutine)
{
	switch (goroutine->wait.kind) {
	case WAIT_MUTEX:
	case WAIT_RWMUTEX_READ:
	case WAIT_RWMUTEX_WRITE:
	case WAIT_COND:
	case WAIT_WAITGROUP:
	case WAIT_SEMAPHORE:
		return true;
	default:
		return false;
	}
}

uint64_t dump_wait_address(const char *arguments, size_t length)
{
	uint64_t value = 0;
	size_t at = 2;
	if (length < 3 || memcmp(arguments, "0x", 2) != 0)
		return 0;
	for (; at < length && at < 18; at++) {
		char c = arguments[at];
		if (c >= '0' && c <= '9')
			value = value << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (uint64_t)(c - 'a' + 10);
		else
			break;
	}
	return at < length && arguments[at] == '?' ? 0 : value;
}

uint64_t dump_wait_lock(const char *name, size_t name_length, const char *arguments,
			size_t arguments_length)
{
	static const char *const receivers[] = {
		"sync.(*Mutex).",     "internal/sync.(*Mutex).", "sync.(*RWMutex).",
		"sync.(*WaitGroup).", "sync.(*Cond).",
	};
	for (size_t i = 0; i < ARRAY_SIZE(receivers); i++) {
		size_t length = strlen(receivers[i]);
		if (name_length > length && memcmp(name, receivers[i], length) == 0)
			return dump_wait_address(arguments, arguments_length);
	}
	return 0;
}

void dump_wait_kind(const char *name, size_t length, struct goroutine *goroutine)
{
	static const struct {
		const char *name;
		enum wait_kind kind;
	} kinds[] = {
		{ "sync.(*Mutex).lockSlow", WAIT_MUTEX },
		{ "sync.(*Mutex).Lock", WAIT_MUTEX },
		{ "sync.(*RWMutex).RLock", WAIT_RWMUTEX_READ },
		{ "sync.(*RWMutex).Lock", WAIT_RWMUTEX_WRITE },
		{ "sync.(*WaitGroup).Wait", WAIT_WAITGROUP },
	};
	for (size_t i = 0; goroutine->wait.kind == WAIT_SEMAPHORE && i < ARRAY_SIZE(kinds); i++) {
		if (length == strlen(kinds[i].name) && !memcmp(name, kinds[i].name, length))
			goroutine->wait.kind = kinds[i].kind;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/library.h"

#include <string.h>

/* Sorted, each between blanks. */
static const char packages[] =
	" archive bufio builtin bytes cgo cmp compress container context crypto database debug "
	"embed encoding errors expvar flag fmt go hash html image index internal io iter log maps "
	"math mime net os path plugin reflect regexp runtime slices sort strconv strings structs "
	"sync syscall testing text time type unicode unique unsafe uuid vendor weak ";

/* Of profiles of other languages, whose names have their parts between "::". */
static bool other_library_has(const char *function, size_t length)
{
	static const char *const heads[] = { "std::", "core::", "alloc::", "__gnu_cxx::",
					     "hashbrown::" };
	/* "<alloc::vec::Vec<T> as ...>::push" */
	size_t from = length && *function == '<';
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		size_t size = strlen(heads[i]);
		if (length - from >= size && memcmp(function + from, heads[i], size) == 0)
			return true;
	}
	return false;
}

bool library_has(const char *function, size_t length)
{
	char word[24];
	size_t first = 0;
	if (memmem(function, length, "::", 2))
		return other_library_has(function, length);
	/* "type:.eq.main.T", "go:main.inittasks", "_rt0_amd64_linux", "memeqbody" */
	while (first < length && !strchr("./:", function[first]))
		first++;
	if (first == length)
		return !memmem(function, length, "main", 4);
	/* "go.uber.org/zap.New": a domain has dots before its first slash. */
	const char *types = memchr(function, '[', length);
	const char *slash = memchr(function, '/', types ? (size_t)(types - function) : length);
	if (slash && memchr(function, '.', (size_t)(slash - function)))
		return false;
	if (!first || first + 3 > sizeof(word))
		return false;
	word[0] = ' ';
	memcpy(word + 1, function, first);
	word[first + 1] = ' ';
	word[first + 2] = 0;
	return strstr(packages, word) != NULL;
}

enum profile_wait library_wait(const char *function, size_t length)
{
	/* What is told by one function is not told by those that call it: the first that fits. */
	static const struct {
		const char *function;
		enum profile_wait wait;
	} table[] = {
		{ "runtime.chanrecv1", PROFILE_WAIT_RECEIVE },
		{ "runtime.chanrecv2", PROFILE_WAIT_RECEIVE },
		{ "runtime.chanrecv", PROFILE_WAIT_RECEIVE },
		{ "runtime.chansend1", PROFILE_WAIT_SEND },
		{ "runtime.chansend", PROFILE_WAIT_SEND },
		{ "runtime.selectgo", PROFILE_WAIT_SELECT },
		{ "runtime.block", PROFILE_WAIT_EMPTY_SELECT },
		{ "sync.(*Mutex).Lock", PROFILE_WAIT_MUTEX },
		{ "sync.(*Mutex).lockSlow", PROFILE_WAIT_MUTEX },
		{ "internal/sync.(*Mutex).Lock", PROFILE_WAIT_MUTEX },
		{ "internal/sync.(*Mutex).lockSlow", PROFILE_WAIT_MUTEX },
		{ "sync.(*RWMutex).Lock", PROFILE_WAIT_RWMUTEX },
		{ "sync.(*RWMutex).RLock", PROFILE_WAIT_RWMUTEX },
		{ "sync.(*WaitGroup).Wait", PROFILE_WAIT_WAITGROUP },
		{ "sync.(*Cond).Wait", PROFILE_WAIT_COND },
		{ "time.Sleep", PROFILE_WAIT_SLEEP },
		{ "runtime.netpollblock", PROFILE_WAIT_IO },
		{ "internal/poll.runtime_pollWait", PROFILE_WAIT_IO },
		{ "syscall.Syscall", PROFILE_WAIT_SYSCALL },
		{ "syscall.Syscall6", PROFILE_WAIT_SYSCALL },
		{ "syscall.RawSyscall6", PROFILE_WAIT_SYSCALL },
	};
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (strlen(table[i].function) == length &&
		    memcmp(table[i].function, function, length) == 0)
			return table[i].wait;
	}
	return PROFILE_WAIT_NONE;
}

bool library_is_go(const struct profile *profile)
{
	for (uint32_t i = 0; i < profile->function_count; i++) {
		struct profile_text name = profile_text(profile, profile->functions[i].name);
		if (name.length > 8 && memcmp(name.bytes, "runtime.", 8) == 0)
			return true;
		if (name.length > 5 && memcmp(name.bytes, "main.", 5) == 0)
			return true;
	}
	return !profile->function_count;
}

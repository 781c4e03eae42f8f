/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_ROOM_H
#define DOWSE_HEAP_ROOM_H

#include "base/error.h"

/*
 * How much memory may be taken: what somebody allows (--max-memory), and what is left in dowse's
 * control groups and on the machine. Asked before large arrays are made, so that the answer is a
 * sentence, and not the kernel's.
 */
struct heap_room {
	uint64_t limit; /* of dowse's own memory in all, bytes; 0: what there is */
};

/*
 * May so many bytes more be used? ERROR_LIMIT says what it would take and what is allowed; `what`
 * begins that sentence: "a look at 12000000 slots".
 */
struct error *heap_room_check(const struct heap_room *room, uint64_t more, const char *what)
	must_use;

/* The same by what is allowed alone, without a look at what is left: quick, and for any thread. */
struct error *heap_room_allow(const struct heap_room *room, uint64_t more, const char *what)
	must_use;

#endif

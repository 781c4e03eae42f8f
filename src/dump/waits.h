/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_DUMP_WAITS_H
#define DOWSE_DUMP_WAITS_H

#include "dump/header.h"
#include "model/goroutine.h"

/* State and wait, as far as the words of a dump tell them. */
void dump_wait_decode(const struct span *state, struct goroutine *goroutine);

/* Whether frames are to be asked for the lock that is waited for. */
bool dump_wait_wants_lock(const struct goroutine *goroutine);

/* "0xc00001c0a8, 0x1": the first of a call's arguments; 0 when it is none, or may be stale. */
uint64_t dump_wait_address(const char *arguments, size_t length);

/*
 * The lock, by the receiver that a call of sync shows: "sync.(*Mutex).lockSlow(0xc00001c0a8)". 0
 * where the call shows none, or is about something else. What ends in '?' may be long gone from
 * its register.
 */
uint64_t dump_wait_lock(const char *name, size_t name_length, const char *arguments,
			size_t arguments_length);

/* Up to 1.19 all that waits for a semaphore is in "semacquire": a frame of sync tells for what. */
void dump_wait_kind(const char *name, size_t length, struct goroutine *goroutine);

#endif

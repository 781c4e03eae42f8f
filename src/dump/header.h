/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_DUMP_HEADER_H
#define DOWSE_DUMP_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of text that somebody else keeps. */
struct span {
	const char *bytes;
	size_t length;
};

/*
 * "goroutine 18 [chan receive (scan), 3 minutes, locked to thread, synctest bubble 4] {k: v}:", as
 * releases from 1.13 on print it; with GOTRACEBACK=system also " gp=0xc000006c40 m=0 mp=0x55d0a0"
 * before the bracket. Spans point into the line.
 */
struct dump_header {
	uint64_t id;
	struct span state;
	struct span note; /* " (scan)", " (leaked)", " (durable)", or several of them */
	struct span labels;
	uint64_t minutes; /* 0: not told */
	uint64_t bubble;
	bool locked;
	size_t size; /* of the header in the line; what follows is not its own */
};

/* Is there one at the head of these bytes? */
bool dump_header_parse(const char *bytes, size_t length, struct dump_header *ret);

/* The number at the head of the bytes, past which *at is moved; false when there is none. */
bool dump_number(const char *bytes, size_t length, size_t *at, uint64_t *ret);

static inline bool span_is(const struct span *span, const char *text, size_t length)
{
	return span->length == length && __builtin_memcmp(span->bytes, text, length) == 0;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_DUMP_WRAPPING_H
#define DOWSE_DUMP_WRAPPING_H

#include "base/error.h"
#include "dump/header.h"

/*
 * What a log puts around the lines of a dump. It is found at the dump's first line, by what stands
 * before "goroutine 1 [running]:" there, and taken off the lines that follow where it fits:
 *
 *	Nov 22 00:12:14 host shop[4242]: goroutine 1 [running]:             a prefix
 *	{"log":"goroutine 1 [running]:\n","stream":"stderr","time":"..."}   a string of JSON
 *	level=error stack="goroutine 1 [running]:\nmain.main()\n..."        all in one line
 *
 * and one in the other: a container's log of structured lines. Colours of terminals are taken off
 * too, and what ends a line elsewhere.
 */
#define WRAPPING_LAYERS_MAX 4
#define WRAPPING_PREFIX_MAX 512
#define WRAPPING_KEY_MAX    64

enum wrapping_kind {
	WRAPPING_PREFIX, /* the same words and numbers before each line */
	WRAPPING_JSON,   /* a line is an object; one of its strings is the text */
	WRAPPING_QUOTED, /* \n stands for a line's end, up to a quote */
	WRAPPING_OCTAL,  /* #012 does, as syslog daemons write it */
};

struct wrapping_layer {
	enum wrapping_kind kind;
	char text[WRAPPING_PREFIX_MAX]; /* the prefix as it was seen first; the string's key */
	size_t length;
	char *decoded; /* the line in hand, or several of which the last is not whole yet */
	size_t decoded_length;
	size_t decoded_capacity;
};

struct wrapping {
	struct wrapping_layer layers[WRAPPING_LAYERS_MAX];
	unsigned count;
	uint64_t room; /* bytes that may be decoded and held in all */
	bool colours;
	bool whole; /* all of a dump is in one line of the log */
};

void wrapping_deinit(struct wrapping *wrapping);

/* Is there a dump's first line in this one? Then also what is around it. */
bool wrapping_find(struct wrapping *wrapping, const char *line, size_t length);

typedef struct error *wrapping_taker(void *argument, const char *line, size_t length);

/* Hand on the lines that are in this one. What does not fit is handed on as it is. */
struct error *wrapping_strip(struct wrapping *wrapping, const char *line, size_t length,
			     wrapping_taker *take, void *argument) must_use;

/* Is a line in hand that is not whole yet? */
bool wrapping_holds(const struct wrapping *wrapping);

/* What was held back since its line was not whole. */
struct error *wrapping_flush(struct wrapping *wrapping, wrapping_taker *take, void *argument)
	must_use;

/* Does a dump begin in the line by its word "goroutine" at `word`? Then also where. */
bool wrapping_is_header(const char *line, size_t length, size_t word, size_t *ret_begin);

#endif

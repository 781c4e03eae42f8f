/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_DUMP_DUMP_H
#define DOWSE_DUMP_DUMP_H

#include "base/writer.h"
#include "dump/strings.h"
#include "model/goroutine.h"

/*
 * Goroutines as programs print them: for debug=1 and debug=2, with a panic, a fatal error, a
 * signal, a test that timed out, and by the race detector. They lie in logs of any kind, between the lines of
 * others, behind what the log puts before each line (wrapping.h).
 */
enum dump_form {
	DUMP_STACKS, /* each goroutine with its id: debug=2 and what is printed at an end */
	DUMP_COUNTS, /* how many stand where: debug=1; no ids, states or creators */
	DUMP_RACE,   /* a race report: who raced, with numbers of the detector's own */
};

/*
 * A goroutine that waits for a lock whose address its frames show, and the first arguments of its
 * other frames, innermost first: objects whose methods are being called, mostly.
 */
#define DUMP_OWNERS_MAX 12

struct dump_lock {
	uint32_t goroutine; /* index */
	uint32_t owner_count;
	uint64_t lock;
	uint64_t owners[DUMP_OWNERS_MAX];
};

DEFINE_VECTOR(dump_lock_vector, struct dump_lock);

struct dump {
	struct goroutines goroutines; /* complete unless `cut` says something */
	enum dump_form form;
	uint64_t line; /* of its first line in the file, from 1 */
	const char *
		reason; /* "fatal error: all goroutines are asleep - deadlock!"; NULL: none given */
	bool leaked;    /* a profile of those that the runtime takes for leaked */
	const char *cut;  /* why there may have been more; NULL: nothing says so. Static text */
	uint64_t foreign; /* lines of others between its own */
	uint64_t size;    /* bytes of its own text */
	struct strings strings;
	struct dump_text *texts; /* of each goroutine, if they were asked for */
	size_t text_capacity;
	struct dump_lock_vector locks;
};

struct dump_text {
	const char *bytes;
	size_t length;
};

void dump_destroy(struct dump *dump);

typedef struct dump *dump_pointer;
DEFINE_VECTOR(dump_vector, dump_pointer);

/* What a text has in it. */
struct dumps {
	struct dump_vector list; /* in the order of the text */
	uint64_t dropped;        /* dumps that were too many to be kept */
	uint64_t bytes;          /* of text that was looked at */
	char problem[160];       /* why there is not all of it; "" when there is */
};

struct dumps_options {
	bool keep_texts; /* for dump_write() */
	/* Has each line that may be one of a collection's; NULL: nobody wants them. */
	struct error *(*on_trace)(void *argument, const char *line, size_t length)must_use;
	void *argument;
};

/*
 * Read a descriptor to its end, from where it stands; it may be a pipe, and compressed. `head` has
 * been read from it already. That there is no dump in it is no error.
 */
struct error *dumps_read(int descriptor, const char *name, const void *head, size_t head_size,
			 const struct dumps_options *options, struct dumps *ret) must_use;
void dumps_deinit(struct dumps *dumps);

/* A goroutine as it stood in the text, without what others put around it. */
void dump_write(const struct dump *dump, const struct goroutine *goroutine, struct writer *writer);

#endif

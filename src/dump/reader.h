/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_DUMP_READER_H
#define DOWSE_DUMP_READER_H

#include "dump/dump.h"
#include "dump/header.h"
#include "dump/races.h"
#include "dump/stacks.h"

/*
 * Takes the lines of dumps, one by one, bare of what a log has put around them, and makes
 * goroutines of them. Lines of others in between are told by not fitting.
 */
enum reader_want {
	READER_HEADER,  /* the next goroutine's */
	READER_FRAME,   /* a function's line, a creator's, the gap's or an empty one */
	READER_PLACE,   /* the position of a frame */
	READER_CREATOR, /* the position of the go statement */
};

struct reader {
	struct dumps *dumps;
	const struct dumps_options *options;
	struct dump *dump; /* being read; NULL: none */
	struct stack_texts stacks;
	struct map ids; /* of that dump */
	enum reader_want want;
	bool in_goroutine;
	bool elsewhere; /* its stack runs on another thread */
	bool has_creator;
	bool place_whole; /* the last position had its offset behind it */
	struct goroutine goroutine;
	struct stack_text_builder stack;
	struct dump_lock lock; /* that it waits for; its address is 0 as long as none was seen */
	bool wants_lock;
	struct writer text; /* of the goroutine, if texts are kept */
	size_t pending;     /* 1 + where the frame without a position begins in `stack`; 0: none */
	bool in_counts;     /* a profile of counted stacks is in hand */
	uint64_t claimed;   /* goroutines that it is said to have */
	uint64_t empty;     /* empty lines since the last one of the dump */
	uint64_t foreign;   /* lines since the last one of the dump */
	uint64_t foreign_bytes;
	bool foreign_tells; /* one of them announces a dump */
	bool apart;         /* since the last goroutine ended something stood in between */
	bool more_threads;  /* a crash goes on with what other threads run */
	bool drops;         /* the last dump had no room */
	struct race race;   /* a report that is in hand, maybe between the lines of the dump */
	bool finished;      /* one is over that was not */
	bool runs;          /* a goroutine of this dump runs, and shows its stack */
	char reason[256];   /* of the next dump */
	uint64_t line;      /* of the line in hand */
	uint64_t raw;       /* bytes that were read, compressed as they are; 0: they are not */
	uint64_t kept;      /* bytes of the dumps that are finished */
};

void reader_init(struct reader *reader, struct dumps *dumps, const struct dumps_options *options);
void reader_deinit(struct reader *reader);

/* A line without its end. What begins none and fits nothing is somebody else's. */
struct error *reader_line(struct reader *reader, const char *bytes, size_t length) must_use;

/* What is in hand is finished: the text goes on elsewhere, or ends, maybe within a line. */
struct error *reader_end(struct reader *reader, bool in_line) must_use;

/*
 * Between the lines of a dump others may have written, but not for long: what comes later is not
 * of it.
 */
#define READER_LOST_LINES 2000
#define READER_LOST_BYTES ((uint64_t)1 << 20)

static inline bool reader_is_lost(const struct reader *reader)
{
	return reader->finished || reader->foreign > READER_LOST_LINES || reader->foreign_bytes > READER_LOST_BYTES;
}

/* What a line before the next dump says of why it was made. */
void reader_note(struct reader *reader, const char *bytes, size_t length);

#endif

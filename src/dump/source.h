/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_DUMP_SOURCE_H
#define DOWSE_DUMP_SOURCE_H

#include "base/decompress.h"

/*
 * Text from a descriptor, which may be a pipe, decompressed on the way if it has to be. What is in
 * hand is a window that moves on: a log of any size takes no more memory than its longest line, and
 * of that no more than is in proportion to the bytes that were really read.
 */
struct text_source {
	int descriptor;   /* borrowed */
	const char *name; /* for errors; borrowed */
	char *window;
	size_t begin; /* of what has not been used up */
	size_t end;
	size_t capacity;
	uint64_t offset; /* in the text, of window[begin] */
	bool ended;      /* nothing follows what is in the window */
	bool cut;        /* a line was longer than there may be: see text_source_fill() */
	uint64_t raw;    /* bytes that were read */
	struct decompressor *decompressor; /* NULL: none is needed */
	enum compression compression;
	uint8_t *packed; /* compressed bytes */
	size_t packed_at, packed_end;
	char problem[160]; /* why there is not all of it; "" when there is */
};

/* `head`: bytes that were read from the descriptor already. They are copied. */
struct error *text_source_init(struct text_source *source, int descriptor, const char *name,
			       const void *head, size_t head_size) must_use;
void text_source_deinit(struct text_source *source);

/*
 * Have more bytes behind those from `begin` on, which stay, though at another address. Where no
 * more fit, though none has been used up, the window's bytes are a line that is `cut`.
 */
struct error *text_source_fill(struct text_source *source) must_use;

/* How long a line may be, by the bytes that were read so far. */
size_t text_source_line_max(const struct text_source *source);

/* `size` bytes of the window are used up. */
static inline void text_source_use(struct text_source *source, size_t size)
{
	source->begin += size;
	source->offset += size;
}

#endif

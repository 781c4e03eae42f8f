/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/progress.h"

/* As large as stays in a processor's cache: what is read is looked at from there. */
#define WINDOW_SIZE ((size_t)512 << 10)
#define PACKED_SIZE ((size_t)128 << 10)

/*
 * A whole dump may be one line of a structured log, and a dump has up to 64 MiB. But a few bytes
 * that were compressed may claim a line of any length.
 */
#define LINE_ALWAYS   ((size_t)12 << 20)
#define LINE_PER_BYTE 2
#define LINE_MAX_SIZE ((size_t)160 << 20)

struct error *text_source_init(struct text_source *source, int descriptor, const char *name,
			       const void *head, size_t head_size)
{
	*source = (struct text_source){ .descriptor = descriptor, .name = name };
	source->capacity = MAX(WINDOW_SIZE, head_size);
	source->window = malloc(source->capacity);
	source->packed = malloc(MAX(PACKED_SIZE, head_size));
	if (!source->window || !source->packed)
		return error_no_memory();
	if (head_size)
		memcpy(source->packed, head, head_size);
	source->packed_end = head_size;
	source->raw = head_size;
	return NULL;
}

void text_source_deinit(struct text_source *source)
{
	decompressor_destroy(source->decompressor);
	free(source->window);
	free(source->packed);
	*source = (struct text_source){ .descriptor = -1 };
}

static struct error *read_into(struct text_source *source, void *into, size_t size, size_t *ret)
{
	ssize_t n;
	do {
		n = read(source->descriptor, into, size);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_os(errno, "%s: cannot read at offset 0x%llx", source->name,
				(unsigned long long)source->raw);
	source->raw += (uint64_t)n;
	progress_add((uint64_t)n);
	*ret = (size_t)n;
	return NULL;
}

/* Before the first bytes are handed out: what are they? */
static struct error *begin(struct text_source *source)
{
	while (source->packed_end < 4) {
		size_t n = 0;
		TRY(read_into(source, source->packed + source->packed_end,
			      PACKED_SIZE - source->packed_end, &n));
		if (!n)
			break;
		source->packed_end += n;
	}
	source->compression = compression_of(source->packed, source->packed_end);
	if (source->compression == COMPRESSION_NONE)
		return NULL;
	/* How much there is cannot be told of a pipe: it counts as little. */
	struct stat status;
	bool known = fstat(source->descriptor, &status) == 0 && S_ISREG(status.st_mode);
	return decompressor_create(source->compression, known ? (uint64_t)status.st_size : 0,
				   &source->decompressor);
}

/* False when there are no more. */
static struct error *fill_packed(struct text_source *source, bool *ret_more)
{
	size_t n = 0;
	*ret_more = true;
	if (source->packed_at < source->packed_end)
		return NULL;
	TRY(read_into(source, source->packed, PACKED_SIZE, &n));
	source->packed_at = 0;
	source->packed_end = n;
	*ret_more = n > 0;
	return NULL;
}

/* Nothing follows, or nothing that makes sense. */
static void end_unpacking(struct text_source *source, const char *problem, bool whole)
{
	source->ended = true;
	if (problem)
		snprintf(source->problem, sizeof(source->problem),
			 "its %s data is damaged near offset 0x%llx (%s)",
			 compression_name(source->compression),
			 (unsigned long long)(source->raw - source->packed_end + source->packed_at),
			 problem);
	else if (!whole)
		snprintf(source->problem, sizeof(source->problem),
			 "its %s data ends too early, at offset 0x%llx",
			 compression_name(source->compression), (unsigned long long)source->raw);
}

/* Some more bytes, or the end. */
static struct error *unpack(struct text_source *source)
{
	bool more = false;
	TRY(fill_packed(source, &more));
	const char *problem = NULL;
	struct decompress_step step = {
		.input = source->packed + source->packed_at,
		.input_size = source->packed_end - source->packed_at,
		.output = (uint8_t *)source->window + source->end,
		.output_size = source->capacity - source->end,
	};
	/* Asked before: without input the next one has been begun, and is not whole. */
	bool whole = decompressor_is_whole(source->decompressor);
	bool good = decompressor_step(source->decompressor, &step, &problem);
	source->packed_at += step.taken;
	source->end += step.made;
	/* What it has taken it may still give. */
	if (!good || (!step.made && !(more && step.taken)))
		end_unpacking(source, good ? NULL : problem, whole);
	return NULL;
}

static struct error *read_plain(struct text_source *source)
{
	/* What was read to see what it is comes first. */
	size_t first = source->packed_end - source->packed_at;
	if (first) {
		size_t size = MIN(first, source->capacity - source->end);
		memcpy(source->window + source->end, source->packed + source->packed_at, size);
		source->packed_at += size;
		source->end += size;
		return NULL;
	}
	size_t n = 0;
	TRY(read_into(source, source->window + source->end, source->capacity - source->end, &n));
	source->end += n;
	source->ended = n == 0;
	return NULL;
}

size_t text_source_line_max(const struct text_source *source)
{
	return (size_t)MIN(LINE_ALWAYS + source->raw * LINE_PER_BYTE, (uint64_t)LINE_MAX_SIZE);
}

/* Room for more; false where the line is too long. */
static struct error *make_room(struct text_source *source, bool *ret_room)
{
	size_t used = source->end - source->begin;
	if (source->begin) {
		memmove(source->window, source->window + source->begin, used);
		source->begin = 0;
		source->end = used;
	}
	*ret_room = true;
	if (used < source->capacity)
		return NULL;
	size_t wanted = MIN(source->capacity * 2, text_source_line_max(source));
	*ret_room = wanted > source->capacity;
	if (!*ret_room)
		return NULL;
	char *window = realloc(source->window, wanted);
	if (!window)
		return error_no_memory();
	source->window = window;
	source->capacity = wanted;
	return NULL;
}

struct error *text_source_fill(struct text_source *source)
{
	bool room = false;
	source->cut = false;
	if (source->ended)
		return NULL;
	if (!source->offset && source->begin == source->end && !source->packed_at)
		TRY(begin(source));
	TRY(make_room(source, &room));
	source->cut = !room;
	if (!room)
		return NULL;
	/* To its end: a pipe gives little at a time, and a long line would be looked through each time. */
	while (!source->ended && source->end < source->capacity)
		TRY(source->decompressor ? unpack(source) : read_plain(source));
	return NULL;
}

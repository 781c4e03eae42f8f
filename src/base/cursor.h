/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_CURSOR_H
#define DOWSE_BASE_CURSOR_H

#include "base/error.h"

/*
 * The one way to read bytes that somebody else made. A cursor never leaves its bytes. The first
 * read that would is remembered; from then on every read yields zero and the position stays, so
 * a decoder may read a whole record and check once:
 *
 *	uint32_t count = cursor_u32(&cursor);
 *	uint64_t offset = cursor_u64(&cursor);
 *	TRY(cursor_check(&cursor));
 *
 * Nothing that was read may be used as a length, an index or a loop's bound before that check
 * (or a check of its own). Numbers are little-endian.
 */
struct cursor {
	const uint8_t *begin;
	const uint8_t *position;
	const uint8_t *end;
	const char *name;    /* what the bytes are, for errors; borrowed */
	uint64_t origin;     /* offset of `begin` in the file, or its address */
	const char *failure; /* what went wrong first, static text; NULL while all is well */
};

static inline struct cursor cursor_make(const void *bytes, size_t size, const char *name,
					uint64_t origin)
{
	return (struct cursor){
		.begin = bytes,
		.position = bytes,
		.end = (const uint8_t *)bytes + size,
		.name = name,
		.origin = origin,
	};
}

/* The remembered failure as an error: "<name>: <what> at offset 0x..". NULL when there is none. */
struct error *cursor_check(const struct cursor *cursor) must_use;

/* Mark the bytes as wrong at the present position, with a static text. The first mark stays. */
void cursor_fail(struct cursor *cursor, const char *what);

static inline size_t cursor_left(const struct cursor *cursor)
{
	return (size_t)(cursor->end - cursor->position);
}

static inline uint64_t cursor_offset(const struct cursor *cursor)
{
	return cursor->origin + (uint64_t)(cursor->position - cursor->begin);
}

/* `size` bytes in place, or NULL. */
const uint8_t *cursor_bytes(struct cursor *cursor, size_t size);

void cursor_skip(struct cursor *cursor, uint64_t size);

/* To an offset from `begin`, either way. */
void cursor_seek(struct cursor *cursor, uint64_t offset);

uint8_t cursor_u8(struct cursor *cursor);
uint16_t cursor_u16(struct cursor *cursor);
uint32_t cursor_u32(struct cursor *cursor);
uint64_t cursor_u64(struct cursor *cursor);

/* 1, 2, 4 or 8 bytes. */
uint64_t cursor_unsigned(struct cursor *cursor, size_t size);

uint64_t cursor_uleb128(struct cursor *cursor);
int64_t cursor_sleb128(struct cursor *cursor);

/* A NUL-terminated string in place; "" on failure, never NULL. */
const char *cursor_string(struct cursor *cursor);

/* A cursor over the next `size` bytes, which this one passes over. */
struct cursor cursor_sub(struct cursor *cursor, uint64_t size);

#endif

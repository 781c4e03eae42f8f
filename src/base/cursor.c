/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"

#include <inttypes.h>
#include <string.h>

static const char ends_early[] = "ends too early";

struct error *cursor_check(const struct cursor *cursor)
{
	if (!cursor->failure)
		return NULL;
	return error_new(ERROR_CORRUPT, "%s: %s at offset 0x%" PRIx64, cursor->name,
			 cursor->failure, cursor_offset(cursor));
}

void cursor_fail(struct cursor *cursor, const char *what)
{
	if (!cursor->failure)
		cursor->failure = what;
}

const uint8_t *cursor_bytes(struct cursor *cursor, size_t size)
{
	if (cursor->failure || size > cursor_left(cursor)) {
		cursor_fail(cursor, ends_early);
		return NULL;
	}
	const uint8_t *bytes = cursor->position;
	cursor->position += size;
	return bytes;
}

void cursor_skip(struct cursor *cursor, uint64_t size)
{
	if (size > cursor_left(cursor))
		cursor_fail(cursor, ends_early);
	else if (!cursor->failure)
		cursor->position += size;
}

void cursor_seek(struct cursor *cursor, uint64_t offset)
{
	if (offset > (uint64_t)(cursor->end - cursor->begin))
		cursor_fail(cursor, "refers past the end");
	else if (!cursor->failure)
		cursor->position = cursor->begin + offset;
}

#define DEFINE_CURSOR_READ(name, type)                                                             \
	type name(struct cursor *cursor)                                                           \
	{                                                                                          \
		type value = 0;                                                                    \
		const uint8_t *bytes = cursor_bytes(cursor, sizeof(value));                        \
		if (bytes)                                                                         \
			memcpy(&value, bytes, sizeof(value));                                      \
		return value;                                                                      \
	}

DEFINE_CURSOR_READ(cursor_u8, uint8_t)
DEFINE_CURSOR_READ(cursor_u16, uint16_t)
DEFINE_CURSOR_READ(cursor_u32, uint32_t)
DEFINE_CURSOR_READ(cursor_u64, uint64_t)

uint64_t cursor_unsigned(struct cursor *cursor, size_t size)
{
	switch (size) {
	case 1:
		return cursor_u8(cursor);
	case 2:
		return cursor_u16(cursor);
	case 4:
		return cursor_u32(cursor);
	case 8:
		return cursor_u64(cursor);
	}
	cursor_fail(cursor, "has a number of unknown size");
	return 0;
}

uint64_t cursor_uleb128(struct cursor *cursor)
{
	uint64_t value = 0;
	for (unsigned shift = 0;; shift += 7) {
		uint8_t byte = cursor_u8(cursor);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		else if (byte & 0x7f)
			cursor_fail(cursor, "has a number beyond 64 bits");
		if (!(byte & 0x80) || cursor->failure)
			return cursor->failure ? 0 : value;
	}
}

int64_t cursor_sleb128(struct cursor *cursor)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;
	do {
		byte = cursor_u8(cursor);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) && !cursor->failure && shift < 140);
	if (shift < 64 && (byte & 0x40))
		value |= UINT64_MAX << shift;
	return cursor->failure ? 0 : (int64_t)value;
}

const char *cursor_string(struct cursor *cursor)
{
	const uint8_t *zero = cursor->failure ? NULL
					      : memchr(cursor->position, 0, cursor_left(cursor));
	if (!zero) {
		cursor_fail(cursor, "has a string without an end");
		return "";
	}
	const char *string = (const char *)cursor->position;
	cursor->position = zero + 1;
	return string;
}

struct cursor cursor_sub(struct cursor *cursor, uint64_t size)
{
	uint64_t origin = cursor_offset(cursor);
	const uint8_t *bytes = size <= SIZE_MAX ? cursor_bytes(cursor, (size_t)size) : NULL;
	if (!bytes) {
		cursor_fail(cursor, ends_early);
		struct cursor failed = cursor_make(cursor->position, 0, cursor->name, origin);
		failed.failure = cursor->failure;
		return failed;
	}
	return cursor_make(bytes, (size_t)size, cursor->name, origin);
}

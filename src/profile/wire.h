/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_WIRE_H
#define DOWSE_PROFILE_WIRE_H

#include "base/cursor.h"

/* Protocol buffers on a cursor, inlined: a profile has some hundred million fields. */
enum wire_type {
	WIRE_VARINT = 0,
	WIRE_FIXED64 = 1,
	WIRE_BYTES = 2,
	WIRE_FIXED32 = 5,
};

#define WIRE_VARINT_MAX 10

/* The general case; beyond ten bytes it is none. */
uint64_t wire_varint_slow(struct cursor *cursor);

static inline uint64_t wire_varint(struct cursor *cursor)
{
	const uint8_t *at = cursor->position;
	if (cursor->end - at >= 3) {
		uint64_t value = at[0] & 0x7f;
		if (!(at[0] & 0x80)) {
			cursor->position = at + 1;
			return value;
		}
		value |= (uint64_t)(at[1] & 0x7f) << 7;
		if (!(at[1] & 0x80)) {
			cursor->position = at + 2;
			return value;
		}
		value |= (uint64_t)(at[2] & 0x7f) << 14;
		if (!(at[2] & 0x80)) {
			cursor->position = at + 3;
			return value;
		}
	}
	return wire_varint_slow(cursor);
}

struct wire_field {
	uint64_t number;
	unsigned type;
	uint64_t value;      /* of a number */
	struct cursor bytes; /* of what has a length */
};

/* The next field of a message; false at its end, and where the bytes make no sense. */
static inline bool wire_next(struct cursor *cursor, struct wire_field *ret)
{
	if (cursor->position == cursor->end || cursor->failure)
		return false;
	uint64_t tag = wire_varint(cursor);
	ret->number = tag >> 3;
	ret->type = tag & 7;
	ret->value = 0;
	switch (ret->type) {
	case WIRE_VARINT:
		ret->value = wire_varint(cursor);
		break;
	case WIRE_BYTES:
		ret->bytes = cursor_sub(cursor, wire_varint(cursor));
		break;
	case WIRE_FIXED64:
		ret->value = cursor_u64(cursor);
		break;
	case WIRE_FIXED32:
		ret->value = cursor_u32(cursor);
		break;
	default:
		cursor_fail(cursor, "an unknown kind of field");
	}
	return !cursor->failure;
}

/* The value of a field that must be a number. */
static inline uint64_t wire_number(struct cursor *cursor, const struct wire_field *field)
{
	if (field->type != WIRE_VARINT)
		cursor_fail(cursor, "bytes instead of a number");
	return field->value;
}

/* Is it a message? False also marks the bytes as wrong. */
static inline bool wire_is_message(struct cursor *cursor, const struct wire_field *field)
{
	if (field->type == WIRE_BYTES)
		return true;
	cursor_fail(cursor, "a number instead of bytes");
	return false;
}

/* How many numbers a field that may be packed has. */
size_t wire_count_packed(struct cursor *cursor, const struct wire_field *field);

/* Hand on what went wrong inside. */
static inline void wire_join(struct cursor *cursor, const struct cursor *inner)
{
	if (inner->failure && !cursor->failure) {
		cursor->position = inner->position;
		cursor->failure = inner->failure;
	}
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/wire.h"

#include <string.h>

uint64_t wire_varint_slow(struct cursor *cursor)
{
	uint64_t value = 0;
	const uint8_t *at = cursor->position;
	for (unsigned i = 0; i < WIRE_VARINT_MAX; i++) {
		if (at + i == cursor->end) {
			cursor_fail(cursor, "ends early");
			return 0;
		}
		value |= (uint64_t)(at[i] & 0x7f) << (7 * i);
		if (!(at[i] & 0x80)) {
			cursor->position = at + i + 1;
			return cursor->failure ? 0 : value;
		}
	}
	cursor_fail(cursor, "a number without an end");
	return 0;
}

size_t wire_count_packed(struct cursor *cursor, const struct wire_field *field)
{
	if (field->type != WIRE_BYTES) {
		wire_number(cursor, field);
		return 1;
	}
	size_t size = cursor_left(&field->bytes), count = 0, i = 0;
	const uint8_t *bytes = field->bytes.position;
	/* Each number ends with a byte whose highest bit is clear. */
	for (; i + 8 <= size; i += 8) {
		uint64_t word;
		memcpy(&word, bytes + i, 8);
		count += (size_t)__builtin_popcountll(~word & 0x8080808080808080u);
	}
	for (; i < size; i++)
		count += !(bytes[i] & 0x80);
	if (size && bytes[size - 1] & 0x80)
		cursor_fail(cursor, "a number without an end");
	return count;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/strings.h"

#include <string.h>

#include "base/hash.h"

struct string_link {
	const char *bytes;
	size_t length;
	struct string_link *next;
};

struct error *strings_intern(struct strings *strings, struct arena *arena, const char *bytes,
			     size_t length, const char **ret)
{
	struct map_slot *slot;
	TRY(map_insert(&strings->by_hash, hash_foreign_bytes(bytes, length) >> 1, 0, &slot));
	struct string_link *first = (struct string_link *)(uintptr_t)slot->value;
	for (struct string_link *link = first; link; link = link->next) {
		if (link->length == length && !memcmp(link->bytes, bytes, length)) {
			*ret = link->bytes;
			return NULL;
		}
	}
	struct string_link *link = arena_allocate(arena, sizeof(*link));
	char *copy = arena_copy_string(arena, bytes, length);
	if (!link || !copy)
		return error_no_memory();
	*link = (struct string_link){ .bytes = copy, .length = length, .next = first };
	slot->value = (uint64_t)(uintptr_t)link;
	*ret = copy;
	return NULL;
}

void strings_deinit(struct strings *strings)
{
	map_deinit(&strings->by_hash);
}

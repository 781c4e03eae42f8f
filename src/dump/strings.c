/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/strings.h"

#include <string.h>

#include "base/hash.h"

struct string_link {
	const char *bytes;
	size_t length;
	struct string_link *next;
};

static uint64_t fold(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t strings_hash(const char *bytes, size_t length)
{
	uint64_t hash = length * 0x9e3779b97f4a7c15u, word[2];
	for (; length >= 16; bytes += 16, length -= 16) {
		memcpy(word, bytes, 16);
		hash = fold(word[0] ^ 0xa0761d6478bd642fu, word[1] ^ hash ^ 0xe7037ed1a0b428dbu);
	}
	return hash_more(hash, hash_bytes(bytes, length)) & INT64_MAX;
}

struct error *strings_intern(struct strings *strings, struct arena *arena, const char *bytes,
			     size_t length, const char **ret)
{
	struct map_slot *slot;
	TRY(map_insert(&strings->by_hash, strings_hash(bytes, length), 0, &slot));
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

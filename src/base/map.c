/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <assert.h>

#include "base/hash.h"

#define MAP_EMPTY       UINT64_MAX
#define MAP_FIRST_SLOTS 64

static struct map_slot *map_probe(const struct map *map, uint64_t key)
{
	for (size_t i = hash_word(key) & map->mask;; i = (i + 1) & map->mask) {
		struct map_slot *slot = &map->slots[i];
		if (slot->key == key || slot->key == MAP_EMPTY)
			return slot;
	}
}

static struct error *map_grow(struct map *map)
{
	size_t slots = map->slots ? (map->mask + 1) * 2 : MAP_FIRST_SLOTS;
	struct map grown = { .count = map->count, .mask = slots - 1 };
	grown.slots = malloc(slots * sizeof(*grown.slots));
	if (!grown.slots)
		return error_no_memory();
	for (size_t i = 0; i < slots; i++)
		grown.slots[i].key = MAP_EMPTY;
	if (map->slots) {
		for (size_t i = 0; i <= map->mask; i++) {
			if (map->slots[i].key != MAP_EMPTY)
				*map_probe(&grown, map->slots[i].key) = map->slots[i];
		}
	}
	free(map->slots);
	*map = grown;
	return NULL;
}

static bool map_is_full(const struct map *map, size_t count)
{
	return !map->slots || count * 4 > (map->mask + 1) * 3;
}

struct error *map_reserve(struct map *map, size_t count)
{
	while (map_is_full(map, count))
		TRY(map_grow(map));
	return NULL;
}

struct error *map_insert(struct map *map, uint64_t key, uint64_t value, struct map_slot **ret)
{
	assert(key != MAP_EMPTY);
	if (map_is_full(map, map->count + 1))
		TRY(map_grow(map));

	struct map_slot *slot = map_probe(map, key);
	if (slot->key == MAP_EMPTY) {
		*slot = (struct map_slot){ .key = key, .value = value };
		map->count++;
	}
	*ret = slot;
	return NULL;
}

struct map_slot *map_find(const struct map *map, uint64_t key)
{
	if (!map->slots || key == MAP_EMPTY)
		return NULL;
	struct map_slot *slot = map_probe(map, key);
	return slot->key == MAP_EMPTY ? NULL : slot;
}

void map_deinit(struct map *map)
{
	free(map->slots);
	*map = (struct map){ 0 };
}

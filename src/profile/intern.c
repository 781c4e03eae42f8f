/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/intern.h"

#define LEAST 1024u

static void place(struct intern *intern, uint32_t item)
{
	uint32_t slot = (uint32_t)(intern->hashes[item] >> 20) & intern->mask;
	while (intern->slots[slot])
		slot = (slot + 1) & intern->mask;
	intern->slots[slot] = item + 1;
}

static struct error *grow(struct intern *intern)
{
	uint32_t room = intern->room ? intern->room * 2 : LEAST;
	if (room >= (uint32_t)1 << 30)
		return error_no_memory();
	uint64_t *hashes = realloc(intern->hashes, room * sizeof(*hashes));
	if (!hashes)
		return error_no_memory();
	intern->hashes = hashes;
	uint32_t *slots = calloc((size_t)room * 2, sizeof(*slots));
	if (!slots)
		return error_no_memory();
	free(intern->slots);
	intern->slots = slots;
	intern->room = room;
	intern->mask = room * 2 - 1;
	for (uint32_t i = 0; i < intern->count; i++)
		place(intern, i);
	return NULL;
}

struct error *intern_find(struct intern *intern, uint64_t hash, intern_same *same,
			  const void *context, uint32_t *ret, bool *ret_fresh)
{
	if (intern->count == intern->room)
		TRY(grow(intern));
	uint32_t slot = (uint32_t)(hash >> 20) & intern->mask;
	for (; intern->slots[slot]; slot = (slot + 1) & intern->mask) {
		uint32_t item = intern->slots[slot] - 1;
		if (intern->hashes[item] == hash && same(context, item)) {
			*ret = item;
			*ret_fresh = false;
			return NULL;
		}
	}
	intern->slots[slot] = intern->count + 1;
	intern->hashes[intern->count] = hash;
	*ret = intern->count++;
	*ret_fresh = true;
	return NULL;
}

void intern_deinit(struct intern *intern)
{
	free(intern->hashes);
	free(intern->slots);
	*intern = (struct intern){ 0 };
}

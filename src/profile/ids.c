/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/ids.h"

struct error *ids_prepare(struct ids *ids, size_t count)
{
	/* Some gaps are cheaper than a map. */
	ids->dense_count = count + count / 4 + 64;
	ids->dense = calloc(ids->dense_count, sizeof(*ids->dense));
	return ids->dense ? NULL : error_no_memory();
}

void ids_deinit(struct ids *ids)
{
	free(ids->dense);
	map_deinit(&ids->sparse);
	*ids = (struct ids){ 0 };
}

struct error *ids_add(struct ids *ids, uint64_t id, uint32_t index, bool *ret_fresh)
{
	struct map_slot *slot;
	uint32_t *place = id < ids->dense_count ? &ids->dense[id] : &ids->last;
	if (id < ids->dense_count || id == UINT64_MAX) {
		*ret_fresh = !*place;
		if (!*place)
			*place = index + 1;
		return NULL;
	}
	size_t before = ids->sparse.count;
	TRY(map_insert(&ids->sparse, id, index, &slot));
	*ret_fresh = ids->sparse.count > before;
	return NULL;
}

uint32_t ids_find_sparse(const struct ids *ids, uint64_t id)
{
	if (id == UINT64_MAX)
		return ids->last - 1;
	const struct map_slot *slot = map_find(&ids->sparse, id);
	return slot ? (uint32_t)slot->value : UINT32_MAX;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_IDS_H
#define DOWSE_PROFILE_IDS_H

#include "base/map.h"

/*
 * From ids to indices. Ids are small and dense in what well-behaved programs write: then it is an
 * array. Whatever else they are goes to a map. ~0 cannot be a map's key, and is kept apart.
 */
struct ids {
	uint32_t *dense; /* by id: 1 + index; 0: none */
	uint64_t dense_count;
	struct map sparse;
	uint32_t last; /* 1 + index of the id ~0 */
};

/* Room for `count` ids. */
struct error *ids_prepare(struct ids *ids, size_t count) must_use;
void ids_deinit(struct ids *ids);

/* *ret_fresh is false when the id is there already. */
struct error *ids_add(struct ids *ids, uint64_t id, uint32_t index, bool *ret_fresh) must_use;

uint32_t ids_find_sparse(const struct ids *ids, uint64_t id);

/* UINT32_MAX when there is none. */
static inline uint32_t ids_find(const struct ids *ids, uint64_t id)
{
	return id < ids->dense_count ? ids->dense[id] - 1 : ids_find_sparse(ids, id);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_TOPS_H
#define DOWSE_HEAP_TOPS_H

#include "heap/dominators.h"

/* Those at the top of the dominator tree, right below the source: who holds all the rest. */

/* By number: the number of the one that dominates it, for all. To be freed as a big array. */
struct error *heap_tops_find(const struct dominators *dominators, uint32_t **ret) must_use;

/* The same for some numbers: for a few that is less work. */
struct error *heap_tops_of(const struct dominators *dominators, const uint32_t *numbers,
			   size_t count, uint32_t *ret) must_use;

#endif

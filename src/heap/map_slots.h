/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_MAP_SLOTS_H
#define DOWSE_HEAP_MAP_SLOTS_H

#include "heap/types.h"

/*
 * What one entry of a map takes of its storage: a group's or bucket's share, with its control bytes
 * and what is lost between key and value. 0 where the type's descriptor contradicts itself.
 */
struct error *heap_map_slot_size(struct heap_types *types, uint32_t map, uint64_t *ret) must_use;

#endif

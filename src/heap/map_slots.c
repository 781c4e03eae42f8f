/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/map_slots.h"

#include "heap/types_private.h"

struct error *heap_map_slot_size(struct heap_types *types, uint32_t map, uint64_t *ret)
{
	const struct heap_type_entry *entry = types_entry(types, map);
	struct types_map_shape shape;
	bool good = false;
	*ret = 0;
	if (entry && entry->form == HEAP_MAP)
		TRY(types_map_shape(types, &entry->type, &shape, &good));
	if (good)
		*ret = shape.size / TYPES_MAP_SLOTS;
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/types_private.h"

/* Which of several types an object is of that can be reached by one pointer. */

/* One group by itself, or pointers to tables, as many as a power of two. */
static struct error *choose_directory(struct heap_types *types, uint64_t descriptor, uint64_t size,
				      bool pointers, uint32_t *ret)
{
	uint32_t groups = HEAP_TYPE_UNKNOWN;
	const struct heap_type_layout *layout = NULL;
	TRY(heap_types_intern(types, HEAP_MAP_GROUPS, descriptor, &groups));
	TRY(heap_types_layout(types, groups, &layout));
	bool group_points = layout->slot_count > 0;
	if (pointers == group_points && types_allocated(types, layout->size, group_points) == size)
		*ret = groups;
	return NULL;
}

struct error *heap_types_choose(struct heap_types *types, uint32_t type, uint64_t size,
				bool pointers, uint32_t *ret)
{
	struct heap_type_entry *entry = types_entry(types, type);
	*ret = type;
	if (!entry)
		return NULL;
	if (entry->form == HEAP_MAP_DIRECTORY)
		return choose_directory(types, entry->descriptor, size, pointers, ret);
	if (!entry->choices_known)
		TRY(types_choices(types, entry));
	for (size_t i = 0; i < ARRAY_SIZE(entry->choices) && entry->choices[i]; i++) {
		const struct heap_type_layout *layout = NULL;
		TRY(heap_types_layout(types, entry->choices[i], &layout));
		if (pointers != (layout->slot_count > 0) ||
		    types_allocated(types, layout->size, pointers) != size)
			continue;
		*ret = entry->choices[i];
		return NULL;
	}
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/types_private.h"

/* The allocator's size classes, which are the same from Go 1.19 to 1.27. */
static const uint16_t size_classes[] = {
	8,     16,    24,    32,    48,    64,    80,    96,    112,   128,   144,   160,
	176,   192,   208,   224,   240,   256,   288,   320,   352,   384,   416,   448,
	480,   512,   576,   640,   704,   768,   896,   1024,  1152,  1280,  1408,  1536,
	1792,  2048,  2304,  2688,  3072,  3200,  3456,  4096,  4864,  5376,  6144,  6528,
	6784,  6912,  8192,  9472,  9728,  10240, 10880, 12288, 13568, 14336, 16384, 18432,
	19072, 20480, 21760, 24576, 27264, 28672, 32768,
};

#define PAGE_SIZE     8192
#define SMALL_MAX     32768
#define TINY_SIZE     16
#define HEADER_SIZE   8
#define NO_HEADER_MAX 512 /* objects up to this have their pointer bits in the span */

/* From 1.22 on small objects with pointers have a header, unless the arena has the bits. */
static bool has_headers(const struct heap_types *types)
{
	return !layout_has(types_binary(types)->layout.heap_arena_bitmap);
}

uint64_t types_allocated(const struct heap_types *types, uint64_t size, bool pointers)
{
	if (size < TINY_SIZE && !pointers)
		return TINY_SIZE;
	if (pointers && size > NO_HEADER_MAX && size <= SMALL_MAX - HEADER_SIZE &&
	    has_headers(types))
		size += HEADER_SIZE;
	for (size_t i = 0; i < ARRAY_SIZE(size_classes); i++) {
		if (size <= size_classes[i])
			return size_classes[i];
	}
	return size > UINT64_MAX - PAGE_SIZE ? size
					     : (size + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
}

/* As many elements as there is room for, with or without the header. */
static bool elements_fill(const struct heap_types *types, uint64_t element, bool pointers,
			  uint64_t size)
{
	for (uint64_t head = 0; head <= HEADER_SIZE && head < size; head += HEADER_SIZE) {
		uint64_t all = (size - head) / element * element;
		if (all && types_allocated(types, all, pointers) == size)
			return true;
	}
	return false;
}

bool heap_types_fills(struct heap_types *types, uint32_t type, uint64_t size)
{
	const struct heap_type_entry *entry = types_entry(types, type);
	const struct heap_type_layout *layout = NULL;
	if (!entry || !error_ignore(heap_types_layout(types, type, &layout)))
		return false;
	bool pointers = layout->slot_count > 0;
	switch (entry->form) {
	case HEAP_STRING:
	case HEAP_ITABS:
		return true;
	case HEAP_CLOSURE:
		if (!layout->complete)
			return size >= layout->size;
		return types_allocated(types, layout->size, pointers) == size;
	case HEAP_ARRAY:
	case HEAP_CHANNEL_BUFFER:
	case HEAP_MAP_GROUPS:
	case HEAP_MAP_BUCKETS:
	case HEAP_MAP_DIRECTORY:
	case HEAP_MAP_OVERFLOW_LIST:
		return layout->size && elements_fill(types, layout->size, pointers, size);
	case HEAP_CHANNEL:
		/* Elements without pointers lie behind it. */
		return pointers ? types_allocated(types, layout->size, true) == size
				: size >= layout->size;
	default:
		return layout->size && types_allocated(types, layout->size, pointers) == size;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "target/extents.h"

#define PAGE       ((uint64_t)4096)
#define PAGES_ONCE ((size_t)512)

static int compare_start(const void *left, const void *right)
{
	const struct target_extent *a = left, *b = right;
	return (a->start > b->start) - (a->start < b->start);
}

void target_extents_merge(struct target_extent_vector *extents)
{
	size_t kept = 0;
	if (!extents->count)
		return;
	qsort(extents->items, extents->count, sizeof(extents->items[0]), compare_start);
	for (size_t i = 1; i < extents->count; i++) {
		struct target_extent *last = &extents->items[kept];
		if (extents->items[i].start <= last->end)
			last->end = MAX(last->end, extents->items[i].end);
		else
			extents->items[++kept] = extents->items[i];
	}
	extents->count = kept + 1;
}

static struct error *append(struct target_extent_vector *extents, uint64_t start, uint64_t end)
{
	struct target_extent extent = { start, end };
	struct target_extent *last = extents->count ? &extents->items[extents->count - 1] : NULL;
	if (!last || last->end != start)
		return target_extent_vector_append(extents, &extent);
	last->end = end;
	return NULL;
}

static struct error *append_present(struct target_extent_vector *ret, struct target *target,
				    const struct target_extent *extent)
{
	uint64_t last = (extent->end - 1) / PAGE * PAGE; /* the end may be 2^64 - 1 */
	for (uint64_t first = extent->start / PAGE * PAGE, left = (last - first) / PAGE + 1;
	     left;) {
		bool pages[PAGES_ONCE];
		size_t count = (size_t)MIN(left, (uint64_t)PAGES_ONCE);
		TRY(target_present(target, first, count, pages));
		for (size_t i = 0; i < count; i++) {
			uint64_t page = first + i * PAGE;
			if (pages[i])
				TRY(append(ret, MAX(extent->start, page),
					   page == last ? extent->end : page + PAGE));
		}
		first += count * PAGE;
		left -= count;
	}
	return NULL;
}

struct error *target_extents_keep_present(struct target_extent_vector *extents,
					  struct target *target)
{
	_cleanup_(target_extent_vector_deinit) struct target_extent_vector present = { 0 };
	for (size_t i = 0; i < extents->count; i++)
		TRY(append_present(&present, target, &extents->items[i]));
	struct target_extent_vector all = *extents;
	*extents = present;
	present = all;
	return NULL;
}

uint64_t target_extents_bytes(const struct target_extent_vector *extents)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < extents->count; i++)
		bytes += extents->items[i].end - extents->items[i].start;
	return bytes;
}

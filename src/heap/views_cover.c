/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "heap/views_private.h"

static int compare(const void *left, const void *right)
{
	const struct view *a = left, *b = right;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return a->field < b->field ? -1 : a->field > b->field;
}

/* Bytes of so many parts of an array together, which begin one behind the other. */
struct cover {
	uint64_t end;
	uint64_t bytes;
};

static void cover_add(struct cover *cover, uint64_t start, uint64_t length)
{
	uint64_t end = start + length;
	if (end <= cover->end)
		return;
	cover->bytes += end - (start > cover->end ? start : cover->end);
	cover->end = end;
}

void views_cover(struct view *views, size_t count, struct heap_viewed *viewed)
{
	struct cover used = { 0 }, reachable = { 0 };
	qsort(views, count, sizeof(*views), compare);
	viewed->views = (uint32_t)MIN(count, (size_t)UINT32_MAX);
	viewed->low = views[0].start;
	viewed->field = views[0].field;
	for (size_t i = 0; i < count; i++) {
		cover_add(&used, views[i].start, views[i].length);
		cover_add(&reachable, views[i].start, views[i].capacity);
	}
	viewed->used = used.bytes;
	viewed->room = reachable.bytes - used.bytes;
	viewed->high = MAX(used.end, viewed->low);
	viewed->reach = MAX(reachable.end, viewed->high);
}

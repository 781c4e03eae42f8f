/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "binary/references_types.h"

/* What has been said of the words that are looked for, and what of it counts. */

/* What stands for several types in the code that they share says too little of each. */
static bool is_shape(const struct finder *finder, uint64_t descriptor)
{
	char name[1024];

	return !error_ignore(
		       type_name(finder->references->binary, descriptor, name, sizeof(name))) ||
	       strstr(name, "go.shape.");
}

static unsigned weight_of(const struct noted *noted)
{
	return (noted->sure ? 2 : 0) + (noted->part.pointer ? 0 : 1);
}

static bool is_same(const struct variable_part *a, const struct variable_part *b)
{
	return a->descriptor == b->descriptor && a->offset == b->offset &&
	       a->pointer == b->pointer && a->array == b->array;
}

/* Most of what is said has been said before. */
static bool is_known(const struct reference *reference, const struct noted *noted)
{
	return reference->typed && reference->weight >= weight_of(noted) &&
	       is_same(&reference->part, &noted->part);
}

/*
 * Of two sayings the surer one counts. What a word is says more than what it points to; and the
 * larger type says more than one that it may begin with.
 */
static void settle(struct reference *reference, const struct noted *noted)
{
	const struct variable_part *part = &noted->part;
	unsigned weight = weight_of(noted);
	bool same = is_same(&reference->part, part);
	bool comparable = (!noted->sure || !part->pointer) && noted->size != reference->size;

	if (reference->typed && (weight < reference->weight ||
				 (weight == reference->weight &&
				  (same || (comparable && noted->size < reference->size)))))
		return;
	/* Another one of the same weight, and neither can be a part of the other. */
	if (reference->typed && weight == reference->weight && !comparable) {
		reference->disputed = true;
		return;
	}
	if (reference->typed)
		reference->disputed = reference->interface;
	reference->part = *part;
	reference->size = noted->size;
	reference->weight = (uint8_t)weight;
	reference->typed = true;
}

void finder_note(struct finder *finder, uint64_t address, const struct noted *noted)
{
	size_t index = references_index(finder->references, address);

	if (index != SIZE_MAX && !is_known(&finder->references->items[index], noted) &&
	    !is_shape(finder, noted->part.descriptor))
		settle(&finder->references->items[index], noted);
}

void finder_note_variable(struct finder *finder, uint64_t address, const struct type *type,
			  bool sure)
{
	const struct references *references = finder->references;
	struct noted noted = { .part.descriptor = type->address, .size = type->size, .sure = sure };
	size_t index = references_lower_bound(references, address);

	if (index == references->count || references->addresses[index] - address >= type->size)
		return;
	noted.part.offset = references->addresses[index] - address;
	if (is_known(&references->items[index], &noted) || is_shape(finder, type->address))
		return;
	for (; index < references->count && finder->words_left &&
	       references->addresses[index] - address < type->size;
	     index++, finder->words_left--) {
		noted.part.offset = references->addresses[index] - address;
		settle(&finder->references->items[index], &noted);
	}
}

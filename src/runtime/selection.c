/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/selection_private.h"

#define COLLECT_MAX ((size_t)1 << 22)

#define SOME ((size_t)1024)

struct selection {
	struct runtime *runtime;
	struct address_range_vector arenas;
	struct selection_mapping_vector mappings;
	struct selection_heap heap;
	struct selection_pieces pieces;
	size_t mapping;                    /* that is being walked */
	uint64_t at;                       /* in it; 0: not begun */
	size_t arena;                      /* the first of `arenas` that ends behind `at` */
	struct target_extent_vector areas; /* found, not handed out yet: from `area` on */
	size_t area;
	size_t piece; /* the next of pieces.list */
	struct target_extent_vector some;
	uint64_t others;
};

/* What lies at `at`: the heap or something else, and where that ends. */
static bool is_heap(struct selection *selection, uint64_t end, uint64_t *ret_end)
{
	const struct address_range_vector *arenas = &selection->arenas;
	uint64_t size = (uint64_t)runtime_binary(selection->runtime)->layout.heap_arena_bytes;
	while (selection->arena < arenas->count &&
	       arenas->items[selection->arena].end <= selection->at)
		selection->arena++;
	if (selection->arena == arenas->count || arenas->items[selection->arena].start >= end) {
		*ret_end = end;
		return false;
	}
	const struct address_range *arena = &arenas->items[selection->arena];
	if (arena->start > selection->at) {
		*ret_end = arena->start;
		return false;
	}
	*ret_end = MIN(end, MIN(arena->end, (selection->at / size + 1) * size));
	return true;
}

/* Go on with the mapping in hand: one arena, or all up to the next one. */
static struct error *walk_on(struct selection *selection)
{
	const struct selection_mapping *mapping = &selection->mappings.items[selection->mapping];
	uint64_t end;
	selection->at = MAX(selection->at, mapping->start);
	if (selection->at >= mapping->end) {
		selection->mapping++;
		return NULL;
	}
	if (is_heap(selection, mapping->end, &end)) {
		TRY(selection_heap_arena(&selection->heap, selection->at, end, &selection->areas));
	} else if (mapping->wanted) {
		struct target_extent extent = { selection->at, end };
		selection->others += end - selection->at;
		TRY(target_extent_vector_append(&selection->areas, &extent));
	}
	selection->at = end;
	return NULL;
}

/*
 * In 1.22 and 1.23 the masks of types that had programs for the collector lie in spans of their own,
 * which look like those of stacks. So all of these are taken, unless there are very many.
 */
static bool keeps_masks_among_stacks(const struct selection *selection)
{
	int minor = runtime_binary(selection->runtime)->minor;
	return (minor == 22 || minor == 23) && selection->pieces.goroutines < 10000;
}

static struct error *selection_fill(struct selection *selection,
				    const struct selection_options *options)
{
	TRY(heap_ranges_read(selection->runtime, &selection->arenas));
	TRY(span_walk_init(&selection->heap.walk, selection->runtime));
	TRY(selection_mappings_find(selection->runtime, &selection->arenas, &selection->mappings));
	TRY(selection_pieces_find(selection->runtime, &selection->pieces));
	selection->heap.with_data = options->with_data;
	selection->heap.with_manual =
		selection->pieces.whole_stacks || keeps_masks_among_stacks(selection);
	return NULL;
}

struct error *selection_create(struct runtime *runtime, const struct selection_options *options,
			       struct selection **ret)
{
	struct selection *selection = calloc(1, sizeof(*selection));
	if (!selection)
		return error_no_memory();
	selection->runtime = runtime;
	struct error *error = selection_fill(selection, options);
	if (error) {
		selection_destroy(selection);
		return error;
	}
	*ret = selection;
	return NULL;
}

/* At least one area is at hand, or there is none any more. */
static struct error *need_area(struct selection *selection)
{
	while (selection->area == selection->areas.count &&
	       selection->mapping < selection->mappings.count) {
		selection->area = selection->areas.count = 0;
		TRY(walk_on(selection));
	}
	return NULL;
}

struct error *selection_next(struct selection *selection, const struct target_extent **ret,
			     size_t *ret_count)
{
	const struct target_extent_vector *pieces = &selection->pieces.list;
	selection->some.count = 0;
	while (selection->some.count < SOME) {
		TRY(need_area(selection));
		bool has_area = selection->area < selection->areas.count;
		bool has_piece = selection->piece < pieces->count;
		if (!has_area && !has_piece)
			break;
		const struct target_extent *area = &selection->areas.items[selection->area];
		const struct target_extent *piece = &pieces->items[selection->piece];
		bool takes_piece = !has_area || (has_piece && piece->start < area->start);
		TRY(target_extent_vector_append(&selection->some, takes_piece ? piece : area));
		*(takes_piece ? &selection->piece : &selection->area) += 1;
	}
	*ret = selection->some.items;
	*ret_count = selection->some.count;
	return NULL;
}

void selection_summary(const struct selection *selection, struct selection_summary *ret)
{
	*ret = (struct selection_summary){
		.heap = selection->heap.heap,
		.data = selection->heap.data,
		.stacks = selection->pieces.stacks,
		.others = selection->others,
		.goroutines = selection->pieces.goroutines,
		.problem = selection->pieces.too_many
				   ? "there are too many goroutines to note what each of them needs"
				   : NULL,
	};
}

struct error *selection_collect(struct runtime *runtime, const struct selection_options *options,
				struct target_extent_vector *ret,
				struct selection_summary *ret_summary)
{
	_cleanup_(selection_cleanup) struct selection *selection = NULL;
	TRY(selection_create(runtime, options, &selection));
	for (;;) {
		const struct target_extent *extents;
		size_t count;
		TRY(selection_next(selection, &extents, &count));
		if (!count)
			break;
		if (ret->count + count > COLLECT_MAX)
			return error_new(ERROR_LIMIT, "%s is in too many pieces",
					 target_name(runtime_target(runtime)));
		for (size_t i = 0; i < count; i++) {
			if (extents[i].start < extents[i].end)
				TRY(target_extent_vector_append(ret, &extents[i]));
		}
	}
	target_extents_merge(ret);
	if (ret_summary)
		selection_summary(selection, ret_summary);
	return NULL;
}

void selection_destroy(struct selection *selection)
{
	if (!selection)
		return;
	address_range_vector_deinit(&selection->arenas);
	selection_mapping_vector_deinit(&selection->mappings);
	selection_pieces_deinit(&selection->pieces);
	target_extent_vector_deinit(&selection->areas);
	target_extent_vector_deinit(&selection->some);
	free(selection);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/specials.h"

#include <string.h>

#include "base/cycle.h"
#include "runtime/batch.h"
#include "runtime/member.h"

/*
 * The records hang on their span, in a list by rising offsets. Each step below follows one link of
 * all lists at once.
 */
#define PAGES_MAX ((size_t)8192)
#define PAGE      ((uint64_t)8192)
#define SPAN_MAX  ((int32_t)1024)
#define WORD      UINT64_C(8)

/* A list of records that is being followed. */
struct special_list {
	uint64_t at; /* the next record */
	uint64_t span;
	uint64_t reached; /* the last one's offset */
	struct cycle cycle;
	bool pointers; /* the span's objects can hold some */
};

DEFINE_VECTOR(special_list_vector, struct special_list);

struct walking {
	struct runtime *runtime;
	const struct address_range_vector *heap;
	heap_special_visitor *visit;
	void *argument;
	const char *problem; /* the first one */
};

static const struct layout *layout_of(const struct walking *walking)
{
	return &runtime_binary(walking->runtime)->layout;
}

static void note_problem(struct walking *walking, const char *text)
{
	if (!walking->problem)
		walking->problem = text;
}

/* So many bytes of a record hold all that is known of any kind. */
static int32_t record_size(const struct layout *layout)
{
	int32_t size = MAX(layout->special_finalizer_size, layout->special_size);
	size = MAX(size, layout->special_weak_handle_size);
	size = MAX(size, layout->special_profile_size);
	return MAX(size, layout->special_cleanup_size);
}

static bool lies_inside(int32_t offset, int32_t width, int32_t size)
{
	return offset < 0 || offset <= size - width;
}

static bool is_understood(const struct layout *layout)
{
	int32_t size = record_size(layout);
	return layout->special_next >= 0 && layout->special_offset >= 0 &&
	       layout->special_kind >= 0 && layout->special_finalizer_fn >= 0 && size > 0 &&
	       size <= HEAP_SPECIAL_MAX && lies_inside(layout->special_next, 8, size) &&
	       lies_inside(layout->special_offset, 8, size) &&
	       lies_inside(layout->special_kind, 1, size) &&
	       lies_inside(layout->special_finalizer_fn, 8, size) &&
	       lies_inside(layout->special_finalizer_ot, 8, size) &&
	       lies_inside(layout->special_weak_handle_handle, 8, size) &&
	       lies_inside(layout->special_cleanup_fn, 8, size) &&
	       lies_inside(layout->special_cleanup_cleanup, 24, size) &&
	       lies_inside(layout->special_profile_b, 8, size) && layout->mspan_size > 0 &&
	       layout->mspan_size <= SPAN_MAX && layout->mspan_specials >= 0 &&
	       layout->mspan_start_addr >= 0 && layout->mspan_elemsize >= 0 &&
	       layout->mspan_spanclass >= 0 && layout->mspan_state >= 0 &&
	       layout->mheap_arenas >= 0 && layout->heap_arena_page_specials >= 0 &&
	       layout->heap_arena_spans >= 0 && layout->heap_arena_bytes > 0 &&
	       (uint64_t)layout->heap_arena_bytes <= PAGES_MAX * PAGE;
}

/* The offset was two bytes wide, beside the kind, up to Go 1.23. */
static uint64_t record_offset(const struct layout *layout, const uint8_t *record)
{
	bool narrow = layout->special_kind == layout->special_offset + 2;
	uint64_t offset = member_u64(record, layout->special_offset);
	return narrow ? offset & 0xffff : offset;
}

static struct error *visit_record(struct walking *walking, const struct special_list *list,
				  const uint8_t *record)
{
	const struct layout *layout = layout_of(walking);
	uint64_t offset = record_offset(layout, record);
	const struct heap_special special = {
		.address = list->at,
		.bytes = record,
		.kind = member_u8(record, layout->special_kind),
		.object = list->span + offset,
		.pointers = list->pointers,
	};
	return walking->visit(walking->argument, &special);
}

/* A record whose neighbours cannot be read: so much of it as its kind has. */
static bool read_record(const struct walking *walking, uint64_t address,
			uint8_t record[HEAP_SPECIAL_MAX])
{
	const struct layout *layout = layout_of(walking);
	const int32_t sizes[] = { layout->special_finalizer_size, layout->special_cleanup_size,
				  layout->special_weak_handle_size, layout->special_profile_size,
				  layout->special_size };
	memset(record, 0, HEAP_SPECIAL_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (sizes[i] > 0 &&
		    error_ignore(target_read(runtime_target(walking->runtime), address, record,
					     (size_t)MIN(sizes[i], HEAP_SPECIAL_MAX))))
			return true;
	}
	return false;
}

/* One record of every list that goes on. */
static struct error *follow(struct walking *walking, struct special_list_vector *lists)
{
	const struct layout *layout = layout_of(walking);
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	_cleanup_(batch_deinit) struct batch batch = {
		.target = runtime_target(walking->runtime),
		.arena = &arena,
	};
	uint8_t alone[HEAP_SPECIAL_MAX];
	size_t left = 0;
	for (size_t i = 0; i < lists->count; i++)
		TRY(batch_add(&batch, lists->items[i].at, (size_t)record_size(layout)));
	TRY(batch_run(&batch));
	for (size_t i = 0; i < lists->count; i++) {
		struct special_list list = lists->items[i];
		const uint8_t *record = batch_bytes(&batch, i);
		if (!record && read_record(walking, list.at, alone))
			record = alone;
		if (!record) {
			note_problem(walking, "some finalizers cannot be read");
			continue;
		}
		uint64_t offset = record_offset(layout, record);
		if (offset < list.reached || cycle_closes(&list.cycle, list.at)) {
			note_problem(walking, "a list of finalizers makes no sense");
			continue;
		}
		TRY(visit_record(walking, &list, record));
		list.reached = offset;
		list.at = member_u64(record, layout->special_next);
		if (list.at)
			lists->items[left++] = list;
	}
	lists->count = left;
	return NULL;
}

/* The spans of one arena that have such records. */
static struct error *add_lists(struct walking *walking, uint64_t description,
			       struct special_list_vector *lists)
{
	const struct layout *layout = layout_of(walking);
	struct target *target = runtime_target(walking->runtime);
	size_t pages = (size_t)((uint64_t)layout->heap_arena_bytes / PAGE);
	uint8_t marked[PAGES_MAX / 8], span[SPAN_MAX];
	uint64_t address;
	if (!error_ignore(target_read(target,
				      description + (uint64_t)layout->heap_arena_page_specials,
				      marked, pages / 8)))
		return NULL;
	for (size_t page = 0; page < pages; page++) {
		if (!(marked[page / 8] >> page % 8 & 1) ||
		    !error_ignore(target_read_u64(
			    target, description + (uint64_t)layout->heap_arena_spans + page * WORD,
			    &address)) ||
		    !error_ignore(target_read(target, address, span, (size_t)layout->mspan_size)))
			continue;
		struct special_list list = {
			.at = member_u64(span, layout->mspan_specials),
			.span = member_u64(span, layout->mspan_start_addr),
			.pointers = !(member_u8(span, layout->mspan_spanclass) & 1),
		};
		if (list.at && member_u8(span, layout->mspan_state) == layout->span_state_in_use)
			TRY(special_list_vector_append(lists, &list));
	}
	return NULL;
}

static struct error *walk(struct walking *walking)
{
	_cleanup_(special_list_vector_deinit) struct special_list_vector lists = { 0 };
	const struct layout *layout = layout_of(walking);
	struct target *target = runtime_target(walking->runtime);
	uint64_t heap = runtime_global(walking->runtime, GLOBAL_MHEAP), table, description;
	if (!heap || !is_understood(layout)) {
		note_problem(walking, "finalizers of this release are not understood");
		return NULL;
	}
	TRY(target_read_u64(target, heap + (uint64_t)layout->mheap_arenas, &table));
	for (size_t i = 0; i < walking->heap->count; i++) {
		const struct address_range *range = &walking->heap->items[i];
		for (uint64_t at = range->start; at < range->end;
		     at += (uint64_t)layout->heap_arena_bytes) {
			uint64_t entry = table + WORD * heap_arena_index(walking->runtime, at);
			if (error_ignore(target_read_u64(target, entry, &description)) &&
			    description)
				TRY(add_lists(walking, description, &lists));
		}
	}
	while (lists.count)
		TRY(follow(walking, &lists));
	return NULL;
}

struct error *heap_specials_walk(struct runtime *runtime, const struct address_range_vector *heap,
				 heap_special_visitor *visit, void *argument,
				 const char **ret_problem)
{
	struct walking walking = {
		.runtime = runtime,
		.heap = heap,
		.visit = visit,
		.argument = argument,
	};
	TRY(walk(&walking));
	*ret_problem = walking.problem;
	return NULL;
}

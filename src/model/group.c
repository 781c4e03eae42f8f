/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "base/map.h"
#include "base/text.h"
#include "model/goroutine.h"

/*
 * Grouping. A group is what looks the same to its reader: the same state, the same frames shown,
 * the same go statement. Stacks are interned, but two of them may differ in what is not shown
 * (frames of the runtime, the exact instruction of a line); so equal looks are found first, once
 * a stack, and goroutines are then told apart by small numbers.
 */

/* Stacks that look alike. */
struct shape {
	const struct stack *stack; /* one of them */
	uint32_t number;
	struct shape *next; /* of the same hash */
};

/* A group in the making. */
struct grouping_entry {
	const struct goroutine *first;
	uint32_t shape;
	uint32_t group;              /* index */
	struct grouping_entry *next; /* of the same hash */
};

struct grouping {
	struct arena arena; /* what is needed meanwhile only */
	struct map shape_by_stack;
	struct map shape_by_hash;
	uint32_t shape_count;
	struct map entry_by_hash;
};

static void grouping_deinit(struct grouping *grouping)
{
	map_deinit(&grouping->shape_by_stack);
	map_deinit(&grouping->shape_by_hash);
	map_deinit(&grouping->entry_by_hash);
	arena_deinit(&grouping->arena);
}

/* The next frame that is shown, from *at on; NULL at the end. */
static const struct frame *next_shown(const struct stack *stack, uint32_t *at)
{
	while (*at < stack->count) {
		const struct frame *frame = &stack->frames[(*at)++];
		if (!frame->hidden)
			return frame;
	}
	return NULL;
}

static uint64_t shape_hash(const struct stack *stack)
{
	uint64_t hash = hash_more(stack->elided, stack->elided_after);
	uint32_t at = 0;
	for (const struct frame *frame; (frame = next_shown(stack, &at));) {
		hash = hash_more_foreign_text(hash, frame->function);
		hash = hash_more_foreign_text(hash, frame->file);
		hash = hash_more(hash, (uint32_t)frame->line);
	}
	return hash & INT64_MAX;
}

static bool shape_equal(const struct stack *a, const struct stack *b)
{
	if (a->elided != b->elided || a->elided_after != b->elided_after)
		return false;
	uint32_t at_a = 0, at_b = 0;
	for (;;) {
		const struct frame *frame_a = next_shown(a, &at_a);
		const struct frame *frame_b = next_shown(b, &at_b);
		if (!frame_a || !frame_b)
			return frame_a == frame_b;
		if (frame_a->line != frame_b->line ||
		    !text_equal(frame_a->function, frame_b->function) ||
		    !text_equal(frame_a->file, frame_b->file))
			return false;
	}
}

static struct error *grouping_new_shape(struct grouping *grouping, const struct stack *stack,
					uint32_t *ret)
{
	uint64_t hash = shape_hash(stack);
	struct map_slot *slot;
	TRY(map_insert(&grouping->shape_by_hash, hash, 0, &slot));
	struct shape *first = (struct shape *)(uintptr_t)slot->value;
	for (struct shape *shape = first; shape; shape = shape->next) {
		if (shape_equal(shape->stack, stack)) {
			*ret = shape->number;
			return NULL;
		}
	}
	struct shape *shape = arena_allocate(&grouping->arena, sizeof(*shape));
	if (!shape)
		return error_no_memory();
	*shape = (struct shape){
		.stack = stack,
		.number = grouping->shape_count++,
		.next = first,
	};
	slot->value = (uint64_t)(uintptr_t)shape;
	*ret = shape->number;
	return NULL;
}

static struct error *grouping_shape(struct grouping *grouping, const struct stack *stack,
				    uint32_t *ret)
{
	uint64_t key = (uint64_t)(uintptr_t)stack;
	struct map_slot *slot = map_find(&grouping->shape_by_stack, key);
	if (!slot) {
		uint32_t number = 0;
		TRY(grouping_new_shape(grouping, stack, &number));
		TRY(map_insert(&grouping->shape_by_stack, key, number, &slot));
	}
	*ret = (uint32_t)slot->value;
	return NULL;
}

static uint64_t goroutine_key_hash(const struct goroutine *goroutine, uint32_t shape)
{
	uint64_t hash = hash_more_foreign_text(shape, goroutine->state_text);
	hash = hash_more_foreign_text(hash, goroutine->creator.function);
	hash = hash_more_foreign_text(hash, goroutine->creator.file);
	return hash_more(hash, (uint32_t)goroutine->creator.line) & INT64_MAX;
}

static bool goroutine_key_equal(const struct goroutine *a, const struct goroutine *b)
{
	return text_equal(a->state_text, b->state_text) && a->creator.line == b->creator.line &&
	       text_equal(a->creator.function, b->creator.function) &&
	       text_equal(a->creator.file, b->creator.file);
}

/* The group that a goroutine belongs to, begun with it when it is the first. */
static struct error *grouping_find(struct grouping *grouping, const struct goroutine *goroutine,
				   struct goroutine_group_vector *groups, uint32_t *ret)
{
	uint32_t shape;
	TRY(grouping_shape(grouping, goroutine->stack, &shape));
	struct map_slot *slot;
	TRY(map_insert(&grouping->entry_by_hash, goroutine_key_hash(goroutine, shape), 0, &slot));
	struct grouping_entry *first = (struct grouping_entry *)(uintptr_t)slot->value;
	for (struct grouping_entry *entry = first; entry; entry = entry->next) {
		if (entry->shape == shape && goroutine_key_equal(entry->first, goroutine)) {
			*ret = entry->group;
			return NULL;
		}
	}
	struct grouping_entry *entry = arena_allocate(&grouping->arena, sizeof(*entry));
	if (!entry)
		return error_no_memory();
	*entry = (struct grouping_entry){
		.first = goroutine,
		.shape = shape,
		.group = (uint32_t)groups->count,
		.next = first,
	};
	struct goroutine_group group = {
		.example = goroutine,
		.wait_min_ns = -1,
		.wait_max_ns = -1,
	};
	TRY(goroutine_group_vector_append(groups, &group));
	slot->value = (uint64_t)(uintptr_t)entry;
	*ret = entry->group;
	return NULL;
}

static void group_add(struct goroutine_group *group, const struct goroutine *goroutine)
{
	group->count++;
	group->total += goroutine_count(goroutine);
	group->stack_bytes += goroutine->stack_bytes;
	group->newer |= goroutine->wait_ns < 0;
	if (goroutine->wait_ns < 0)
		return;
	if (group->wait_min_ns < 0 || goroutine->wait_ns < group->wait_min_ns)
		group->wait_min_ns = goroutine->wait_ns;
	if (goroutine->wait_ns > group->wait_max_ns) {
		/* The one that waits longest tells most. */
		group->wait_max_ns = goroutine->wait_ns;
		group->example = goroutine;
	}
}

#define NO_GROUP UINT32_MAX

/* Divide one array of indices among the groups. */
static struct error *grouping_members(struct goroutines *goroutines, const uint32_t *group_of,
				      size_t matched, struct goroutine_group_vector *groups)
{
	uint32_t *members = arena_allocate_raw(&goroutines->arena,
					       (matched + 1) * sizeof(*members));
	_cleanup_(free_pointer) uint32_t **ends = calloc(groups->count + 1, sizeof(*ends));
	if (!members || !ends)
		return error_no_memory();
	for (size_t i = 0; i < groups->count; i++) {
		groups->items[i].members = ends[i] = members;
		members += groups->items[i].count;
	}
	for (size_t i = 0; i < goroutines->list.count; i++) {
		if (group_of[i] != NO_GROUP)
			*ends[group_of[i]]++ = (uint32_t)i;
	}
	return NULL;
}

static int group_compare(const void *left, const void *right)
{
	const struct goroutine_group *a = left, *b = right;
	if (a->total != b->total)
		return a->total > b->total ? -1 : 1;
	if (a->wait_max_ns != b->wait_max_ns)
		return a->wait_max_ns > b->wait_max_ns ? -1 : 1;
	/* Each index is in one group only: no two compare as equal. */
	return a->members[0] < b->members[0] ? -1 : 1;
}

struct error *goroutines_group(struct goroutines *goroutines, const struct goroutine_filter *filter,
			       struct goroutine_group_vector *ret)
{
	_cleanup_(grouping_deinit) struct grouping grouping = { 0 };
	_cleanup_(goroutine_group_vector_deinit) struct goroutine_group_vector groups = { 0 };
	size_t count = goroutines->list.count, matched = 0;
	_cleanup_(free_pointer) uint32_t *group_of = calloc(count + 1, sizeof(*group_of));
	if (!group_of)
		return error_no_memory();

	for (size_t i = 0; i < count; i++) {
		const struct goroutine *goroutine = &goroutines->list.items[i];
		group_of[i] = NO_GROUP;
		if (!goroutine_matches(goroutine, filter))
			continue;
		TRY(grouping_find(&grouping, goroutine, &groups, &group_of[i]));
		group_add(&groups.items[group_of[i]], goroutine);
		matched++;
	}
	TRY(grouping_members(goroutines, group_of, matched, &groups));
	if (groups.count)
		qsort(groups.items, groups.count, sizeof(*groups.items), group_compare);
	*ret = groups;
	groups = (struct goroutine_group_vector){ 0 };
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/pinned_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap/edge_names.h"
#include "heap/holders.h"
#include "leak/live/holder.h"

/*
 * L20 to L25: arrays and strings that are kept for the sake of a part of them. Grouped by the field
 * that keeps them: one line of the program has cut them all.
 */

/* Arrays of which less than half is in use count; slack of the allocator never is as much. */
static bool is_wasteful(const struct heap_viewed *viewed)
{
	return viewed->used * 2 < viewed->size;
}

static void group_add(struct pinned_group *group, const struct heap_viewed *viewed)
{
	uint64_t waste = viewed->size - viewed->used;
	group->arrays += viewed->weight;
	group->views += (uint64_t)viewed->views * viewed->weight;
	group->bytes += viewed->size * viewed->weight;
	group->used += viewed->used * viewed->weight;
	group->room += viewed->room * viewed->weight;
	group->lost += (waste - viewed->room) * viewed->weight;
	group->empty += viewed->used ? 0 : viewed->weight;
	group->estimated |= viewed->weight > 1;
	if (waste <= group->example_waste)
		return;
	group->example = viewed->vertex;
	group->example_waste = waste;
}

static struct error *make_groups(struct pinned *pinned)
{
	const struct heap_views *views = pinned->views;
	for (uint32_t i = 0; i < views->fields.count; i++)
		TRY(pinned_group_vector_append(&pinned->groups,
					       &(struct pinned_group){ .field = i }));
	for (size_t i = 0; i < views->list.count; i++) {
		const struct heap_viewed *viewed = &views->list.items[i];
		struct pinned_group *group = &pinned->groups.items[viewed->field];
		if (is_wasteful(viewed))
			group_add(group, viewed);
		else
			group->well += viewed->weight;
	}
	return NULL;
}

/*
 * Whether what lies behind a slice's length has been written to: a few words of a few arrays. They
 * are compared with zero and forgotten.
 */
#define PROBES_MAX  32
#define PROBE_BYTES 256

struct probing {
	struct pinned *pinned;
	struct batch batch;
	uint32_t *groups; /* by range */
	size_t count;
};

static struct error *probe_array(struct probing *probing, const struct heap *heap,
				 const struct heap_viewed *viewed)
{
	uint64_t at = viewed->high / 8 * 8 + 8, end = MIN(viewed->reach, viewed->size);
	if (at + 8 > end)
		return NULL;
	uint64_t length = MIN(end - at, (uint64_t)PROBE_BYTES) / 8 * 8;
	probing->groups[probing->count++] = viewed->field;
	return batch_add(&probing->batch, heap_value_address(heap, viewed->vertex) + at, length);
}

static void take_probe(struct probing *probing, size_t index)
{
	const uint8_t *bytes = batch_bytes(&probing->batch, index);
	struct pinned_group *group = &probing->pinned->groups.items[probing->groups[index]];
	bool written = false;
	if (!bytes)
		return;
	for (size_t i = 0; i < probing->batch.ranges.items[index].length; i++)
		written |= bytes[i];
	group->written += written;
	group->blank += !written;
}

static struct error *probe(struct probing *probing, const struct heap *heap, uint32_t *asked)
{
	const struct heap_views *views = probing->pinned->views;
	for (size_t i = 0; i < views->list.count; i++) {
		const struct heap_viewed *viewed = &views->list.items[i];
		if (!is_wasteful(viewed) || viewed->room * 2 < viewed->size ||
		    asked[viewed->field]++ >= PROBES_MAX)
			continue;
		TRY(probe_array(probing, heap, viewed));
	}
	TRY(batch_run(&probing->batch));
	for (size_t i = 0; i < probing->count; i++)
		take_probe(probing, i);
	return NULL;
}

static struct error *probe_room(struct pinned *pinned, const struct heap *heap)
{
	struct arena arena = { 0 };
	size_t fields = pinned->views->fields.count;
	_cleanup_(free_pointer) uint32_t *asked = calloc(fields + 1, sizeof(*asked));
	struct probing probing = {
		.pinned = pinned,
		.batch = { .target = runtime_target(heap->runtime), .arena = &arena },
		.groups = calloc(fields * PROBES_MAX + 1, sizeof(*probing.groups)),
	};
	struct error *error = asked && probing.groups ? probe(&probing, heap, asked)
						      : error_no_memory();
	free(probing.groups);
	batch_deinit(&probing.batch);
	arena_deinit(&arena);
	return error;
}

static void pinned_forget(void *notes)
{
	struct pinned *pinned = notes;
	pinned_group_vector_deinit(&pinned->groups);
	free(pinned);
}

static struct error *pinned_read(const struct live_evidence *evidence, void **ret_notes)
{
	struct pinned *pinned = calloc(1, sizeof(*pinned));
	if (!pinned)
		return error_no_memory();
	pinned->views = evidence->views;
	struct error *error = make_groups(pinned);
	if (!error)
		error = probe_room(pinned, evidence->heap);
	if (error)
		pinned_forget(pinned);
	else
		*ret_notes = pinned;
	return error;
}

/* A field of the standard library's own: a bufio.Reader's, a bytes.Buffer's; those are to be large. */
static bool is_libraries(const struct live_evidence *evidence, const struct heap_view_field *field)
{
	char name[sizeof(field->owner) + 4];
	if (field->root != VERTEX_NONE) {
		const struct heap_root *root = heap_vertex_root(evidence->heap, field->root);
		if (root->name && !place_is_users(&evidence->places, root->name))
			return true;
	}
	snprintf(name, sizeof(name), "%s.T", field->owner);
	return field->owner[0] && !place_is_users(&evidence->places, name);
}

/* What is known of an array by those who hold it alone. */
struct keepers {
	bool pool;      /* a sync.Pool: its buffers are to be large, and the collector drops them */
	bool goroutine; /* one that is about its work, not the main one */
};

static struct error *find_keepers(const struct heap *heap, uint32_t vertex, struct keepers *ret)
{
	enum { STEPS_MAX = 64 };
	const struct dominators *dominators = &heap->dominators;
	uint32_t number = dominators->numbers[vertex];
	*ret = (struct keepers){ 0 };
	for (int i = 0; i < STEPS_MAX && number != VERTEX_NONE && number; i++) {
		uint32_t at = dominators->vertices[number];
		const struct heap_root *root = heap_vertex_root(heap, at);
		const char *package, *name;
		if (root) {
			ret->goroutine = root->kind == HEAP_ROOT_GOROUTINE &&
					 root->goroutine != HEAP_NO_GOROUTINE &&
					 heap->roots.goroutines->list.items[root->goroutine].id !=
						 1;
			return NULL;
		}
		TRY(heap_types_package(heap->types, heap_object_type(heap, at), &package));
		TRY(heap_types_name(heap->types, heap_object_type(heap, at), &name));
		ret->pool |= strcmp(package, "sync") == 0 && strstr(name, "ool");
		number = dominators->parents[number];
	}
	return NULL;
}

static struct error *report(const struct live_evidence *evidence, const struct pinned *pinned,
			    const struct pinned_group *group, const struct pinned_verdict *verdict,
			    struct findings *ret)
{
	const struct heap_view_field *field = &pinned->views->fields.items[group->field];
	bool dropped = verdict->rule == RULE_DROPPED_ELEMENTS_KEPT;
	uint64_t waste = group->room + group->lost;
	struct finding finding = {
		.rule = verdict->rule,
		.also = verdict->also,
		.certainty = verdict->certainty,
		.count = dropped ? group->dropped_arrays : group->arrays,
		.bytes = (int64_t)(dropped ? group->dropped : waste),
		.growth_per_hour = INT64_MIN,
		.bytes_per_hour = INT64_MIN,
		.wait_min_ns = -1,
		.wait_max_ns = -1,
	};
	TRY(pinned_words(evidence, group, field, ret, &finding));
	TRY(live_holder_tell(evidence, dropped ? group->dropped_example : group->example, ret,
			     &finding));
	return finding_vector_append(&ret->list, &finding);
}

static struct error *find_in_group(const struct live_evidence *evidence, struct pinned *pinned,
				   const struct pinned_group *group, struct findings *ret)
{
	const struct heap_view_field *field = &pinned->views->fields.items[group->field];
	bool old = evidence->counters && evidence->counters->gc_count >= 2;
	struct pinned_verdict verdict;
	struct keepers keepers;
	if (!pinned_judge(group, field, pinned->views->reachable_bytes, old, &verdict) ||
	    is_libraries(evidence, field))
		return NULL;
	TRY(find_keepers(evidence->heap,
			 verdict.rule == RULE_DROPPED_ELEMENTS_KEPT ? group->dropped_example
								    : group->example,
			 &keepers));
	if (keepers.pool)
		return NULL;
	/* It may be a request's, and gone with it. */
	if (keepers.goroutine)
		verdict.certainty = CERTAINTY_SUSPECT;
	return report(evidence, pinned, group, &verdict, ret);
}

static struct error *pinned_find(const struct live_evidence *evidence, void *notes,
				 struct findings *ret)
{
	struct pinned *pinned = notes;
	if (!pinned || !evidence->tree)
		return NULL;
	TRY(pinned_weigh_dropped(evidence, pinned));
	for (size_t i = 0; i < pinned->groups.count; i++)
		TRY(find_in_group(evidence, pinned, &pinned->groups.items[i], ret));
	return NULL;
}

const struct live_detector live_pinned = {
	.read = pinned_read,
	.find = pinned_find,
	.forget = pinned_forget,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "heap/why_private.h"

#define LOOK_AHEAD 64

/*
 * Which steps of a path are shown. Paths can have millions: each is met once, and what is left out is
 * not kept.
 */

/* From what type to what type a step leads, by which word: those that are equal are alike. */
struct way {
	uint32_t from;
	uint32_t to;
	uint32_t position;
};

struct choosing {
	const struct heap_path_cut *cut;
	struct heap_shown_step_vector *list;
	size_t count; /* of those that were chosen, also if they are in the list no more */
	struct heap_shown_step held; /* chosen, unless the next one is like it; index 0: none */
	struct way way;              /* of `held` */
	bool repeats;                /* `held` is like the one before it */
};

/* Those behind the first and before the last. */
static void drop_middle(struct choosing *choosing)
{
	const struct heap_path_cut *cut = choosing->cut;
	struct heap_shown_step_vector *list = choosing->list;
	memmove(list->items + cut->head, list->items + list->count - cut->tail,
		cut->tail * sizeof(*list->items));
	list->count = cut->head + cut->tail;
}

static struct error *choose(struct choosing *choosing)
{
	const struct heap_path_cut *cut = choosing->cut;
	if (!choosing->held.index)
		return NULL;
	/* Twice as many: so that what is moved is little, for each. */
	if (cut && choosing->list->count >= 2 * (cut->most + 1))
		drop_middle(choosing);
	choosing->count++;
	TRY(heap_shown_step_vector_append(choosing->list, &choosing->held));
	choosing->held = (struct heap_shown_step){ 0 };
	return NULL;
}

static struct error *meet(struct choosing *choosing, size_t index, const struct way *way)
{
	bool repeats = choosing->held.index && way->from != UINT32_MAX &&
		       way->from == choosing->way.from && way->to == choosing->way.to &&
		       way->position == choosing->way.position;
	size_t alike = 0;
	if (choosing->repeats && repeats && choosing->cut && choosing->cut->alike)
		alike = choosing->held.alike + 1;
	else
		TRY(choose(choosing));
	choosing->held = (struct heap_shown_step){ index, alike };
	choosing->way = *way;
	choosing->repeats = repeats;
	return NULL;
}

static struct error *choose_steps(const struct heap_why *why, const struct heap_path *path,
				  struct choosing *choosing)
{
	const struct heap_step *steps = path->steps.items;
	const uint32_t *types = why->heap->scan.types;
	const size_t count = path->steps.count;
	uint32_t from = UINT32_MAX; /* a root's, which is like no other */
	/* Behind the first, a root, there are objects alone. */
	for (size_t i = 1; i < count; i++) {
		if (i + LOOK_AHEAD < count)
			__builtin_prefetch(&types[steps[i + LOOK_AHEAD].vertex]);
		uint32_t to = heap_type_number(types[steps[i].vertex]);
		if (!choosing->cut || i + 1 == count || !why->pieces[to])
			TRY(meet(choosing, i, &(struct way){ from, to, steps[i - 1].position }));
		from = to;
	}
	return choose(choosing);
}

static struct error *choose_of_path(const struct heap_why *why, const struct heap_path *path,
				    const struct heap_path_cut *cut, struct heap_shown_path *ret)
{
	struct choosing choosing = { .cut = cut, .list = &ret->steps };
	TRY(choose_steps(why, path, &choosing));
	if (cut && choosing.count > cut->most) {
		drop_middle(&choosing);
		ret->left_out = choosing.count - cut->head - cut->tail;
	}
	return NULL;
}

static struct error *weigh(struct heap_why *why, struct u64_vector asked[])
{
	for (uint32_t i = 0; i < why->paths.count; i++) {
		const struct heap_shown_step_vector *steps = &why->shown[i].steps;
		for (size_t k = 0; k < steps->count; k++)
			TRY(u64_vector_append(&asked[i], &(uint64_t){ steps->items[k].index }));
	}
	return heap_paths_weigh(&why->heap->scan.graph, &why->heap->dominators, asked, &why->paths);
}

struct error *heap_why_show(struct heap_why *why, const struct heap_path_cut *cut)
{
	struct u64_vector asked[HEAP_PATH_KINDS] = { 0 };
	for (uint32_t i = 0; i < why->paths.count; i++)
		TRY(choose_of_path(why, &why->paths.items[i], cut, &why->shown[i]));
	if (!why->paths.count)
		return NULL;
	struct error *error = weigh(why, asked);
	for (size_t i = 0; i < HEAP_PATH_KINDS; i++)
		u64_vector_deinit(&asked[i]);
	return error;
}

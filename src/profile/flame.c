/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/flame.h"

#include <assert.h>

#include "base/vector.h"

/*
 * Stacks in the order of their frames, outermost first, are the tree already: each has a beginning in
 * common with the one before, and the rest of it are new nodes. So nothing is looked up, and memory
 * is what the nodes take.
 */
#define DEPTH_MOST 2000 /* what is called deeper counts for the one there */
#define CALLS_MOST ((size_t)16 << 20)

DEFINE_VECTOR(flame_node_vector, struct profile_flame_node);

struct flame_making {
	const struct profile *profile;
	uint32_t type;
	uint32_t *names; /* of all frames, a stack behind the other, outermost first */
	size_t *begins;  /* of sample i: from begins[i] up to begins[i + 1] */
	uint32_t *order; /* samples */
	struct flame_node_vector nodes;
};

static void making_deinit(struct flame_making *making)
{
	free(making->names);
	free(making->begins);
	free(making->order);
	flame_node_vector_deinit(&making->nodes);
}

static size_t count_frames(const struct profile *profile, uint32_t sample)
{
	size_t count = 0;
	for (uint32_t at = profile->stack_begins[sample]; at < profile->stack_begins[sample + 1];
	     at++)
		count += MAX(profile->locations[profile->frames[at]].line_count, 1U);
	return MIN(count, (size_t)DEPTH_MOST);
}

static uint32_t name_of(const struct profile *profile, uint32_t location, uint32_t line)
{
	const struct profile_location *found = &profile->locations[location];
	uint32_t function = found->line_count ? profile->lines[found->first_line + line].function
					      : PROFILE_NONE;
	return function == PROFILE_NONE ? profile->text_count + location
					: profile->functions[function].name;
}

static void flatten(struct flame_making *making, uint32_t sample)
{
	const struct profile *profile = making->profile;
	size_t to = making->begins[sample], end = making->begins[sample + 1];
	for (uint32_t at = profile->stack_begins[sample + 1];
	     at-- > profile->stack_begins[sample] && to < end;) {
		uint32_t location = profile->frames[at];
		uint32_t lines = MAX(profile->locations[location].line_count, 1U);
		for (uint32_t line = lines; line-- > 0 && to < end;)
			making->names[to++] = name_of(profile, location, line);
	}
}

static struct error *flatten_all(struct flame_making *making)
{
	const struct profile *profile = making->profile;
	making->begins = calloc((size_t)profile->sample_count + 1, sizeof(*making->begins));
	making->order = calloc((size_t)profile->sample_count + 1, sizeof(*making->order));
	if (!making->begins || !making->order)
		return error_no_memory();
	for (uint32_t i = 0; i < profile->sample_count; i++) {
		making->begins[i + 1] = making->begins[i] + count_frames(profile, i);
		making->order[i] = i;
	}
	making->names = calloc(making->begins[profile->sample_count] + 1, sizeof(*making->names));
	if (!making->names)
		return error_no_memory();
	for (uint32_t i = 0; i < profile->sample_count; i++)
		flatten(making, i);
	return NULL;
}

static size_t stack_length(const struct flame_making *making, uint32_t sample)
{
	return making->begins[sample + 1] - making->begins[sample];
}

/* How many frames two stacks have in common, from the outermost on. */
static size_t in_common(const struct flame_making *making, uint32_t a, uint32_t b)
{
	const uint32_t *x = making->names + making->begins[a],
		       *y = making->names + making->begins[b];
	size_t least = MIN(stack_length(making, a), stack_length(making, b));
	size_t i = 0;
	while (i < least && x[i] == y[i])
		i++;
	return i;
}

static int compare_stacks(const void *a, const void *b, void *argument)
{
	const struct flame_making *making = argument;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	size_t same = in_common(making, x, y);
	bool x_ends = same == stack_length(making, x), y_ends = same == stack_length(making, y);
	if (x_ends || y_ends)
		return (int)y_ends - (int)x_ends;
	uint32_t left = making->names[making->begins[x] + same];
	uint32_t right = making->names[making->begins[y] + same];
	return left < right ? -1 : left > right;
}

static int64_t add(int64_t a, int64_t b)
{
	int64_t sum;
	if (__builtin_add_overflow(a, b, &sum))
		return a < 0 ? INT64_MIN + 1 : INT64_MAX;
	return sum;
}

static uint64_t size_of(int64_t value)
{
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

static uint64_t add_sizes(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

static struct error *add_nodes(struct flame_making *making)
{
	const struct profile *profile = making->profile;
	uint32_t before = PROFILE_NONE;
	for (uint32_t i = 0; i < profile->sample_count; i++) {
		uint32_t sample = making->order[i];
		int64_t value =
			profile->values[(size_t)sample * profile->type_count + making->type];
		size_t length = stack_length(making, sample);
		if (!value || !length)
			continue;
		size_t same = before == PROFILE_NONE ? 0 : in_common(making, before, sample);
		for (size_t depth = same; depth < length; depth++) {
			const struct profile_flame_node node = {
				.name = making->names[making->begins[sample] + depth],
				.depth = (uint32_t)depth,
			};
			if (making->nodes.count == CALLS_MOST)
				return error_new(ERROR_LIMIT, "%s: its stacks have too many calls",
						 profile->name);
			TRY(flame_node_vector_append(&making->nodes, &node));
		}
		/* What ends where another one went on would have come before it. */
		struct profile_flame_node *last = &making->nodes.items[making->nodes.count - 1];
		assert(last->depth == length - 1);
		last->self = add(last->self, value);
		before = sample;
	}
	return NULL;
}

/* From the last to the first: what is below a node has been summed up when it is met. */
static struct error *sum_up(struct flame_making *making)
{
	_cleanup_(free_pointer) uint64_t *below = calloc(DEPTH_MOST + 1, sizeof(*below));
	if (!below)
		return error_no_memory();
	for (size_t i = making->nodes.count; i-- > 0;) {
		struct profile_flame_node *node = &making->nodes.items[i];
		node->total = add_sizes(size_of(node->self), below[node->depth + 1]);
		below[node->depth + 1] = 0;
		below[node->depth] = add_sizes(below[node->depth], node->total);
	}
	return NULL;
}

/* Sizes that differ by an eighth or less. */
#define CLASSES (64 * 8)

static unsigned class_of(uint64_t total)
{
	unsigned bits = total ? 63 - (unsigned)__builtin_clzll(total) : 0;
	unsigned rest = bits >= 3 ? (unsigned)(total >> (bits - 3)) & 7 : 0;
	return bits * 8 + rest;
}

/* Marks what is too small by a total of 0: from the smallest on, and never without all below it. */
static size_t choose(struct flame_making *making, size_t most)
{
	size_t counts[CLASSES] = { 0 };
	size_t kept = 0, fit = 0;
	unsigned least = CLASSES;
	for (size_t i = 0; i < making->nodes.count; i++)
		counts[class_of(making->nodes.items[i].total)]++;
	while (least && fit + counts[least - 1] <= most)
		fit += counts[--least];
	/* Where nearly all are of one size, the first of them stand for the others. */
	if (least && fit < most / 8)
		least--;
	for (size_t i = 0; i < making->nodes.count; i++) {
		struct profile_flame_node *node = &making->nodes.items[i];
		if (class_of(node->total) < least || kept == most)
			node->total = 0;
		else
			kept++;
	}
	return kept;
}

static struct error *leave_out(struct flame_making *making, size_t most,
			       struct profile_flame *flame)
{
	struct flame_node_vector *nodes = &making->nodes;
	if (nodes->count <= most)
		return NULL;
	_cleanup_(free_pointer) int64_t *carried = calloc(DEPTH_MOST + 1, sizeof(*carried));
	if (!carried)
		return error_no_memory();
	flame->left_out = nodes->count - choose(making, most);
	for (size_t i = nodes->count; i-- > 0;) {
		struct profile_flame_node *node = &nodes->items[i];
		node->self = add(node->self, carried[node->depth + 1]);
		carried[node->depth + 1] = 0;
		if (!node->total)
			carried[node->depth] = add(carried[node->depth], node->self);
	}
	flame->left_out_value = carried[0];
	size_t to = 0;
	for (size_t i = 0; i < nodes->count; i++) {
		if (nodes->items[i].total)
			nodes->items[to++] = nodes->items[i];
	}
	nodes->count = to;
	return NULL;
}

struct error *profile_flame_make(const struct profile *profile, uint32_t type, size_t most,
				 struct profile_flame *ret)
{
	_cleanup_(making_deinit) struct flame_making making = { .profile = profile, .type = type };
	struct profile_flame flame = { 0 };
	TRY(flatten_all(&making));
	qsort_r(making.order, profile->sample_count, sizeof(*making.order), compare_stacks,
		&making);
	TRY(add_nodes(&making));
	TRY(sum_up(&making));
	TRY(leave_out(&making, most, &flame));
	flame.nodes = TAKE_PTR(making.nodes.items);
	flame.count = making.nodes.count;
	*ret = flame;
	return NULL;
}

int64_t *profile_flame_sums(const struct profile_flame *flame)
{
	_cleanup_(free_pointer) int64_t *below = calloc(DEPTH_MOST + 1, sizeof(*below));
	int64_t *sums = calloc(flame->count + 1, sizeof(*sums));
	if (!below || !sums) {
		free(sums);
		return NULL;
	}
	for (size_t i = flame->count; i-- > 0;) {
		const struct profile_flame_node *node = &flame->nodes[i];
		sums[i] = add(node->self, below[node->depth + 1]);
		below[node->depth + 1] = 0;
		below[node->depth] = add(below[node->depth], sums[i]);
	}
	return sums;
}

void profile_flame_deinit(struct profile_flame *flame)
{
	free(flame->nodes);
	*flame = (struct profile_flame){ 0 };
}

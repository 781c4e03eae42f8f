/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/top.h"

#include "profile/nodes.h"

struct counting {
	struct profile_nodes nodes;
	uint64_t *flat; /* by node; as if they were signed, without an end */
	struct sum {
		uint64_t cum;
		uint32_t seen; /* 1 + sample that has counted for it */
	} * sums;
};

static void counting_deinit(struct counting *counting)
{
	profile_nodes_deinit(&counting->nodes);
	free(counting->flat);
	free(counting->sums);
}

static struct error *counting_begin(struct counting *counting, struct profile *profile)
{
	TRY(profile_nodes_make(profile, &counting->nodes));
	counting->flat = calloc(counting->nodes.count + 1u, sizeof(*counting->flat));
	counting->sums = calloc(counting->nodes.count + 1u, sizeof(*counting->sums));
	return counting->flat && counting->sums ? NULL : error_no_memory();
}

static inline void count_node(struct sum *sum, uint32_t sample, uint64_t value)
{
	bool fresh = sum->seen != sample + 1;
	sum->seen = sample + 1;
	sum->cum += fresh ? value : 0;
}

static void count_many(struct counting *counting, uint32_t node, uint32_t sample, uint64_t value)
{
	uint32_t count;
	const uint32_t *many = profile_nodes_many(&counting->nodes, node, &count);
	for (uint32_t i = 0; i < count; i++)
		count_node(&counting->sums[many[i]], sample, value);
}

/* Its innermost function; locations that stand for none are passed over. */
static void count_leaf(struct counting *counting, const uint32_t *frames, uint32_t count,
		       uint64_t value)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t node = counting->nodes.of_location[frames[i]], lines = 1;
		if (node & PROFILE_NODES_MANY) {
			const uint32_t *many = profile_nodes_many(&counting->nodes, node, &lines);
			node = lines ? many[0] : 0;
		}
		if (!lines)
			continue;
		counting->flat[node] += value;
		return;
	}
}

static uint64_t count_samples(struct counting *counting, const struct profile *profile,
			      uint32_t type)
{
	const uint32_t *of_location = counting->nodes.of_location, *frames = profile->frames;
	uint64_t total = 0;
	for (uint32_t sample = 0; sample < profile->sample_count; sample++) {
		uint64_t value =
			(uint64_t)profile->values[(size_t)sample * profile->type_count + type];
		uint32_t begin = profile->stack_begins[sample],
			 end = profile->stack_begins[sample + 1];
		total += value;
		if (!value)
			continue;
		count_leaf(counting, frames + begin, end - begin, value);
		for (uint32_t i = begin; i < end; i++) {
			uint32_t node = of_location[frames[i]];
			if (node & PROFILE_NODES_MANY)
				count_many(counting, node, sample, value);
			else
				count_node(&counting->sums[node], sample, value);
		}
	}
	return total;
}

/* To be sorted: the sum that counts, and the other one. */
struct ranked {
	uint64_t first, second;
	uint32_t node;
};

static uint64_t size_of(uint64_t value)
{
	return (int64_t)value < 0 ? -value : value;
}

static int ranked_compare(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;
	if (a->first != b->first)
		return a->first > b->first ? -1 : 1;
	if (a->second != b->second)
		return a->second > b->second ? -1 : 1;
	return a->node < b->node ? -1 : a->node > b->node;
}

static struct error *fill_top(struct counting *counting, struct arena *arena, bool by_flat,
			      uint32_t limit, struct ranked *ranked, struct profile_top *ret)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < counting->nodes.count; i++) {
		uint64_t flat = size_of(counting->flat[i]), cum = size_of(counting->sums[i].cum);
		if (flat || cum)
			ranked[count++] = by_flat ? (struct ranked){ flat, cum, i }
						  : (struct ranked){ cum, flat, i };
	}
	qsort(ranked, count, sizeof(*ranked), ranked_compare);
	count = MIN(count, limit);
	if (!(ret->rows = calloc(count + 1u, sizeof(*ret->rows))))
		return error_no_memory();
	for (uint32_t i = 0; i < count; i++) {
		uint32_t node = ranked[i].node;
		struct profile_text text = counting->nodes.texts[node];
		const char *name = arena_copy_string(arena, text.bytes, text.length);
		if (!name)
			return error_no_memory();
		ret->rows[ret->count++] = (struct profile_top_row){
			name,
			(int64_t)counting->flat[node],
			(int64_t)counting->sums[node].cum,
		};
	}
	return NULL;
}

struct error *profile_top_make(struct profile *profile, uint32_t type, uint32_t limit,
			       struct profile_top *ret_flat, struct profile_top *ret_cumulative)
{
	_cleanup_(counting_deinit) struct counting counting = { 0 };
	*ret_flat = *ret_cumulative = (struct profile_top){ 0 };
	TRY(counting_begin(&counting, profile));
	int64_t total = (int64_t)count_samples(&counting, profile, type);
	ret_flat->total = ret_cumulative->total = total;
	_cleanup_(free_pointer) struct ranked *ranked = calloc(counting.nodes.count + 1u,
							       sizeof(*ranked));
	if (!ranked)
		return error_no_memory();
	TRY(fill_top(&counting, &profile->arena, true, limit, ranked, ret_flat));
	return fill_top(&counting, &profile->arena, false, limit, ranked, ret_cumulative);
}

void profile_top_deinit(struct profile_top *top)
{
	free(top->rows);
	*top = (struct profile_top){ 0 };
}

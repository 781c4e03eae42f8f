/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/top.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "profile/intern.h"

/*
 * Nodes are names: functions of one name are one, and so are locations of one address where there
 * is no name. Which nodes a location stands for is settled once, as numbers in a row, so that to add
 * up samples is two reads a frame: what the location stands for, and its sum.
 */
struct counting {
	struct profile *profile;
	struct intern names;
	struct profile_text *texts; /* by node */
	uint32_t *of_function;      /* node */
	/* By location: its node; or, with MANY, where in `nodes` its nodes begin, behind their count. */
	uint32_t *of_location;
	uint32_t *nodes;
	uint64_t *flat; /* by node; as if they were signed, without an end */
	struct sum {
		uint64_t cum;
		uint32_t seen; /* 1 + sample that has counted for it */
	} * sums;
};

#define MANY 0x80000000u

struct asked {
	const struct counting *counting;
	struct profile_text text;
};

static void counting_deinit(struct counting *counting)
{
	intern_deinit(&counting->names);
	free(counting->texts);
	free(counting->of_function);
	free(counting->of_location);
	free(counting->nodes);
	free(counting->flat);
	free(counting->sums);
}

static bool same_name(const void *context, uint32_t item)
{
	const struct asked *asked = context;
	const struct profile_text *other = &asked->counting->texts[item];
	return other->length == asked->text.length &&
	       memcmp(other->bytes, asked->text.bytes, other->length) == 0;
}

static struct error *find_node(struct counting *counting, struct profile_text text, uint32_t *ret)
{
	struct asked asked = { counting, text };
	bool fresh;
	TRY(intern_find(&counting->names, hash_bytes(text.bytes, text.length), same_name, &asked,
			ret, &fresh));
	if (fresh)
		counting->texts[*ret] = text;
	return NULL;
}

static struct error *find_address(struct counting *counting, uint32_t location)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "0x%016llx",
			      (unsigned long long)counting->profile->locations[location].address);
	const char *copy = arena_copy_string(&counting->profile->arena, text, (size_t)length);
	if (!copy)
		return error_no_memory();
	return find_node(counting, (struct profile_text){ copy, (uint32_t)length },
			 &counting->of_location[location]);
}

/* Lines without a function stand for nothing. */
static struct error *settle_location(struct counting *counting, uint32_t location, uint32_t *used)
{
	const struct profile *profile = counting->profile;
	const struct profile_location *at = &profile->locations[location];
	uint32_t begin = *used, count = 0;
	if (!at->line_count)
		return find_address(counting, location);
	for (uint32_t i = 0; i < at->line_count; i++) {
		uint32_t function = profile->lines[at->first_line + i].function;
		if (function != PROFILE_NONE)
			counting->nodes[begin + 1 + count++] = counting->of_function[function];
	}
	if (count == 1) {
		counting->of_location[location] = counting->nodes[begin + 1];
		return NULL;
	}
	counting->nodes[begin] = count;
	counting->of_location[location] = begin | MANY;
	*used = begin + 1 + count;
	return NULL;
}

static struct error *settle(struct counting *counting)
{
	struct profile *profile = counting->profile;
	size_t most = (size_t)profile->function_count + profile->location_count + 1;
	size_t nodes = (size_t)profile->line_count + profile->location_count + 1;
	uint32_t used = 0;
	/* Both are below 2^31: each of what is counted takes two bytes at least of less than 4 GiB. */
	counting->texts = calloc(most, sizeof(*counting->texts));
	counting->of_function = calloc(profile->function_count + 1u, sizeof(uint32_t));
	counting->of_location = calloc(profile->location_count + 1u, sizeof(uint32_t));
	counting->nodes = calloc(nodes, sizeof(uint32_t));
	counting->flat = calloc(most, sizeof(uint64_t));
	counting->sums = calloc(most, sizeof(*counting->sums));
	if (!counting->texts || !counting->of_function || !counting->of_location ||
	    !counting->nodes || !counting->flat || !counting->sums)
		return error_no_memory();
	for (uint32_t i = 0; i < profile->function_count; i++)
		TRY(find_node(counting, profile_text(profile, profile->functions[i].name),
			      &counting->of_function[i]));
	for (uint32_t i = 0; i < profile->location_count; i++)
		TRY(settle_location(counting, i, &used));
	return NULL;
}

static inline void count_node(struct sum *sum, uint32_t sample, uint64_t value)
{
	bool fresh = sum->seen != sample + 1;
	sum->seen = sample + 1;
	sum->cum += fresh ? value : 0;
}

static void count_many(struct counting *counting, uint32_t begin, uint32_t sample, uint64_t value)
{
	for (uint32_t i = 1; i <= counting->nodes[begin]; i++)
		count_node(&counting->sums[counting->nodes[begin + i]], sample, value);
}

/* Its innermost function; locations that stand for none are passed over. */
static void count_leaf(struct counting *counting, const uint32_t *frames, uint32_t count,
		       uint64_t value)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t node = counting->of_location[frames[i]];
		if ((node & MANY) && !counting->nodes[node & ~MANY])
			continue;
		counting->flat[node & MANY ? counting->nodes[(node & ~MANY) + 1] : node] += value;
		return;
	}
}

static uint64_t count_samples(struct counting *counting, uint32_t type)
{
	const struct profile *profile = counting->profile;
	const uint32_t *of_location = counting->of_location, *frames = profile->frames;
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
			if (node & MANY)
				count_many(counting, node & ~MANY, sample, value);
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

static struct error *fill_top(struct counting *counting, bool by_flat, uint32_t limit,
			      struct ranked *ranked, struct profile_top *ret)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < counting->names.count; i++) {
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
		struct profile_text text = counting->texts[node];
		const char *name = arena_copy_string(&counting->profile->arena, text.bytes,
						     text.length);
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
	_cleanup_(counting_deinit) struct counting counting = { .profile = profile };
	*ret_flat = *ret_cumulative = (struct profile_top){ 0 };
	TRY(settle(&counting));
	int64_t total = (int64_t)count_samples(&counting, type);
	ret_flat->total = ret_cumulative->total = total;
	_cleanup_(free_pointer) struct ranked *ranked = calloc(counting.names.count + 1u,
							       sizeof(*ranked));
	if (!ranked)
		return error_no_memory();
	TRY(fill_top(&counting, true, limit, ranked, ret_flat));
	return fill_top(&counting, false, limit, ranked, ret_cumulative);
}

void profile_top_deinit(struct profile_top *top)
{
	free(top->rows);
	*top = (struct profile_top){ 0 };
}

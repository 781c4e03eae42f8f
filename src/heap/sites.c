/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/sites.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "runtime/function_name.h"

/* What of a site's samples is of one type. */
struct site_part {
	uint32_t site;
	struct heap_group group;
};

DEFINE_VECTOR(site_part_vector, struct site_part);
DEFINE_VECTOR(site_frame_vector, struct heap_site_frame);

#define FRAMES_MAX 2048 /* of a stack: inlined calls could be any number */

struct finding_sites {
	const struct heap *heap;
	const struct heap_samples *samples;
	struct heap_sites *sites;
	struct heap_grouping grouping;
	struct map by_stack;
	struct map names;        /* linked name's address → printed name */
	struct map parts_by_key; /* site and group → place in parts */
	struct site_part_vector parts;
	struct site_frame_vector scratch;
};

static struct error *printed_name(struct finding_sites *finding, const char *linked,
				  const char **ret)
{
	struct map_slot *slot;
	int minor = runtime_binary(finding->heap->runtime)->minor;
	TRY(map_insert(&finding->names, (uint64_t)(uintptr_t)linked, 0, &slot));
	if (!slot->value) {
		const char *name = function_printed_name(linked, minor, &finding->sites->arena);
		if (!name)
			return error_no_memory();
		slot->value = (uint64_t)(uintptr_t)name;
	}
	*ret = (const char *)(uintptr_t)slot->value;
	return NULL;
}

/*
 * Up to some release each inlined call has a program counter of its own, within the same function,
 * behind which the next one is what that call was inlined into; then only the machine frames have.
 * So the calls that the next counter tells of are left to it.
 */
static size_t own_lines(const struct binary *binary, const struct function *function,
			const struct function_line *lines, size_t count, uint64_t next)
{
	struct function after;
	struct function_line following[FUNCTION_LINES_MAX];
	if (count < 2 || !next || !binary_function(binary, next - 1, &after) ||
	    after.entry != function->entry)
		return count;
	size_t left = function_lines(&after, next - 1, following);
	return left == count - 1 && following[0].function == lines[1].function ? 1 : count;
}

static struct error *add_lines(struct finding_sites *finding, uint64_t pc, uint64_t next)
{
	const struct binary *binary = runtime_binary(finding->heap->runtime);
	struct function function;
	struct function_line lines[FUNCTION_LINES_MAX];
	if (!pc || !binary_function(binary, pc - 1, &function))
		return NULL;
	size_t count = function_lines(&function, pc - 1, lines);
	count = own_lines(binary, &function, lines, count, next);
	for (size_t i = 0; i < count; i++) {
		struct heap_site_frame frame = { .file = lines[i].file, .line = lines[i].line };
		/* At its head stands how the runtime allocates. */
		if (!finding->scratch.count && strncmp(lines[i].function, "runtime.", 8) == 0)
			continue;
		TRY(printed_name(finding, lines[i].function, &frame.function));
		TRY(site_frame_vector_append(&finding->scratch, &frame));
	}
	return NULL;
}

static uint64_t hash_frames(const struct site_frame_vector *frames)
{
	uint64_t hash = frames->count;
	for (size_t i = 0; i < frames->count; i++) {
		hash = hash_more_text(hash, frames->items[i].function);
		hash = hash_more_text(hash, frames->items[i].file);
		hash = hash_more(hash, (uint64_t)frames->items[i].line);
	}
	return hash >> 1;
}

/* The site of a bucket's stack; a site is found by its frames, of which several stacks may have the same. */
static struct error *place_bucket(struct finding_sites *finding, const struct heap_bucket *bucket,
				  uint32_t *ret)
{
	struct heap_sites *sites = finding->sites;
	struct map_slot *slot;
	finding->scratch.count = 0;
	for (uint32_t i = 0; i < bucket->depth && finding->scratch.count < FRAMES_MAX; i++)
		TRY(add_lines(finding, bucket->stack[i],
			      i + 1 < bucket->depth ? bucket->stack[i + 1] : 0));
	TRY(map_insert(&finding->by_stack, hash_frames(&finding->scratch), sites->list.count,
		       &slot));
	*ret = (uint32_t)slot->value;
	if (slot->value != sites->list.count)
		return NULL;
	size_t size = finding->scratch.count * sizeof(struct heap_site_frame);
	struct heap_site_frame *frames = arena_allocate(&sites->arena,
							size + sizeof(struct heap_site_frame));
	if (!frames)
		return error_no_memory();
	if (size)
		memcpy(frames, finding->scratch.items, size);
	const struct heap_site fresh = {
		.frames = frames,
		.depth = (uint32_t)finding->scratch.count,
	};
	return heap_site_vector_append(&sites->list, &fresh);
}

/*
 * How many objects a sampled one stands for: the chance that one of that size is sampled, when the
 * distance between two samples is random with that mean, is what pprof takes it for.
 */
static double scale_of(uint64_t rate, uint64_t size)
{
	return rate > 1 && size ? 1 / (1 - exp(-(double)size / (double)rate)) : 1;
}

static struct error *place_buckets(struct finding_sites *finding)
{
	const struct heap_bucket_vector *buckets = &finding->samples->buckets;
	finding->sites->site_of = calloc(buckets->count + 1, sizeof(*finding->sites->site_of));
	if (!finding->sites->site_of)
		return error_no_memory();
	for (size_t i = 0; i < buckets->count; i++) {
		const struct heap_bucket *bucket = &buckets->items[i];
		TRY(place_bucket(finding, bucket, &finding->sites->site_of[i]));
		struct heap_site *site = &finding->sites->list.items[finding->sites->site_of[i]];
		double objects = (double)bucket->objects *
				 scale_of(finding->samples->rate, bucket->size);
		site->profile_count += objects;
		site->profile_bytes += objects * (double)bucket->size;
	}
	return NULL;
}

static struct error *count_part(struct finding_sites *finding, uint32_t site, uint32_t vertex)
{
	struct map_slot *slot;
	uint32_t group = heap_grouping_of(&finding->grouping, vertex);
	TRY(site_part_vector_reserve(&finding->parts, finding->parts.count + 1));
	TRY(map_insert(&finding->parts_by_key, (uint64_t)site << 31 | group, finding->parts.count,
		       &slot));
	struct site_part *part = &finding->parts.items[slot->value];
	if (slot->value == finding->parts.count) {
		finding->parts.count++;
		*part = (struct site_part){ .site = site };
		part->group.type = group < finding->grouping.types ? group : HEAP_TYPE_UNKNOWN;
		part->group.shape = finding->heap->scan.shapes[vertex];
	}
	part->group.count++;
	part->group.bytes += heap_object_size(finding->heap, vertex);
	return NULL;
}

static struct error *take_samples(struct finding_sites *finding)
{
	const struct heap_samples *samples = finding->samples;
	for (size_t i = 0; i < samples->list.count; i++) {
		const struct heap_sample *sample = &samples->list.items[i];
		const struct map_slot *slot = map_find(&samples->places, sample->bucket);
		uint32_t edge = heap_spans_edge(&finding->heap->spans, sample->object);
		if (edge == EDGE_NONE || !heap_is_reached(finding->heap, edge_target(edge)))
			continue;
		if (!slot || !samples->buckets.items[slot->value].size) {
			finding->sites->unreadable++;
			continue;
		}
		const struct heap_bucket *bucket = &samples->buckets.items[slot->value];
		uint32_t number = finding->sites->site_of[slot->value];
		struct heap_site *site = &finding->sites->list.items[number];
		double scale = scale_of(samples->rate, bucket->size);
		finding->sites->sampled++;
		site->sampled++;
		site->count += scale;
		site->bytes += scale * (double)bucket->size;
		TRY(count_part(finding, number, edge_target(edge)));
	}
	return NULL;
}

static int compare_parts(const void *left, const void *right)
{
	const struct site_part *a = left, *b = right;
	if (a->site != b->site)
		return a->site < b->site ? -1 : 1;
	if (a->group.bytes != b->group.bytes)
		return a->group.bytes < b->group.bytes ? 1 : -1;
	return a->group.type < b->group.type ? -1 : a->group.type > b->group.type;
}

static struct error *hand_out_parts(struct finding_sites *finding)
{
	struct site_part_vector *parts = &finding->parts;
	struct heap_group *groups = arena_allocate(&finding->sites->arena,
						   (parts->count + 1) * sizeof(*groups));
	if (!groups)
		return error_no_memory();
	if (parts->count)
		qsort(parts->items, parts->count, sizeof(*parts->items), compare_parts);
	for (size_t i = 0; i < parts->count; i++) {
		struct heap_site *site = &finding->sites->list.items[parts->items[i].site];
		groups[i] = parts->items[i].group;
		if (!site->part_count++)
			site->parts = &groups[i];
	}
	return NULL;
}

static int compare_sites(const void *left, const void *right)
{
	const struct heap_site *a = left, *b = right;
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? 1 : -1;
	if (a->profile_bytes != b->profile_bytes)
		return a->profile_bytes < b->profile_bytes ? 1 : -1;
	return a->depth < b->depth ? -1 : a->depth > b->depth;
}

/* Buckets go along. */
static struct error *sort_sites(struct finding_sites *finding)
{
	struct heap_sites *sites = finding->sites;
	_cleanup_(free_pointer) uint32_t *places = calloc(sites->list.count + 1, sizeof(*places));
	if (!places)
		return error_no_memory();
	for (size_t i = 0; i < sites->list.count; i++)
		sites->list.items[i].number = (uint32_t)i;
	if (sites->list.count)
		qsort(sites->list.items, sites->list.count, sizeof(*sites->list.items),
		      compare_sites);
	for (size_t i = 0; i < sites->list.count; i++)
		places[sites->list.items[i].number] = (uint32_t)i;
	for (size_t i = 0; i < finding->samples->buckets.count; i++)
		sites->site_of[i] = places[sites->site_of[i]];
	return NULL;
}

static struct error *find(struct finding_sites *finding)
{
	/* What was sampled before the runtime knew that nobody wants it says nothing. */
	if (!finding->samples->rate)
		return NULL;
	TRY(heap_grouping_init(&finding->grouping, finding->heap));
	TRY(place_buckets(finding));
	TRY(take_samples(finding));
	TRY(hand_out_parts(finding));
	return sort_sites(finding);
}

struct error *heap_sites_find(const struct heap *heap, const struct heap_samples *samples,
			      struct heap_sites *ret)
{
	struct heap_sites sites = { .rate = samples->rate, .rate_known = samples->rate_known };
	struct finding_sites finding = { .heap = heap, .samples = samples, .sites = &sites };
	struct error *error = find(&finding);
	heap_grouping_deinit(&finding.grouping);
	map_deinit(&finding.by_stack);
	map_deinit(&finding.names);
	map_deinit(&finding.parts_by_key);
	free(finding.parts.items);
	site_frame_vector_deinit(&finding.scratch);
	if (error)
		heap_sites_deinit(&sites);
	else
		*ret = sites;
	return error;
}

void heap_sites_deinit(struct heap_sites *sites)
{
	heap_site_vector_deinit(&sites->list);
	arena_deinit(&sites->arena);
	free(sites->site_of);
	*sites = (struct heap_sites){ 0 };
}

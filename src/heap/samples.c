/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "heap/sites.h"
#include "heap/specials.h"
#include "runtime/batch.h"
#include "runtime/member.h"

/*
 * A bucket is a head, the return addresses of its stack, and a record of allocations and frees. It
 * lies outside the heap and is never freed.
 */
#define HEAD_MAX    ((int32_t)64)
#define RECORD_MAX  ((int32_t)256)
#define DEPTH_MAX   UINT64_C(1024)
#define STACKS_MAX  (UINT64_C(1) << 25) /* words of all stacks: what lies could ask for any number */
#define USUAL_RATE  (UINT64_C(512) << 10)
#define MEM_PROFILE 1

static struct error *take_special(void *argument, const struct heap_special *special)
{
	struct heap_samples *samples = ((void **)argument)[0];
	const struct layout *layout = ((void **)argument)[1];
	if (special->kind != layout->special_kind_profile)
		return NULL;
	const struct heap_sample sample = {
		.object = special->object,
		.bucket = member_u64(special->bytes, layout->special_profile_b),
	};
	return heap_sample_vector_append(&samples->list, &sample);
}

static bool lies_inside(int32_t offset, int32_t size)
{
	return offset >= 0 && offset <= size - 8;
}

static bool is_understood(const struct layout *layout)
{
	int32_t head = layout->bucket_head_size, record = layout->mem_record_size;
	return layout->special_kind_profile > 0 && layout->special_profile_b >= 0 && head > 0 &&
	       head <= HEAD_MAX && lies_inside(layout->bucket_typ, head) &&
	       lies_inside(layout->bucket_size, head) && lies_inside(layout->bucket_nstk, head) &&
	       record > 0 && record <= RECORD_MAX && layout->mem_record_active == 0 &&
	       lies_inside(layout->mem_record_allocs, record) &&
	       lies_inside(layout->mem_record_frees, record);
}

/* The buckets of all samples, each once: by their places. */
static struct error *list_buckets(struct heap_samples *samples, struct u64_vector *ret)
{
	for (size_t i = 0; i < samples->list.count; i++) {
		struct map_slot *slot;
		uint64_t address = samples->list.items[i].bucket;
		if (address == UINT64_MAX)
			continue;
		TRY(map_insert(&samples->places, address, ret->count, &slot));
		if (slot->value == ret->count)
			TRY(u64_vector_append(ret, &address));
	}
	return NULL;
}

static void take_head(const struct layout *layout, const uint8_t *head, struct heap_bucket *ret)
{
	uint64_t depth = head ? member_u64(head, layout->bucket_nstk) : 0;
	uint64_t size = head ? member_u64(head, layout->bucket_size) : 0;
	*ret = (struct heap_bucket){ 0 };
	if (head && member_u64(head, layout->bucket_typ) == MEM_PROFILE && depth <= DEPTH_MAX &&
	    size < UINT64_C(1) << 47) {
		ret->depth = (uint32_t)depth;
		ret->size = size;
	}
}

/* The bytes stay in the arena, and the stacks with them. */
static struct error *read_buckets(const struct layout *layout, struct target *target,
				  const struct u64_vector *addresses, struct heap_samples *samples)
{
	_cleanup_(batch_deinit) struct batch heads = { .target = target, .arena = &samples->arena };
	_cleanup_(batch_deinit) struct batch rest = { .target = target, .arena = &samples->arena };
	uint64_t head_size = (uint64_t)layout->bucket_head_size, words = 0;
	for (size_t i = 0; i < addresses->count; i++)
		TRY(batch_add(&heads, addresses->items[i], head_size));
	TRY(batch_run(&heads));
	TRY(heap_bucket_vector_reserve(&samples->buckets, addresses->count));
	for (size_t i = 0; i < addresses->count; i++) {
		struct heap_bucket bucket;
		take_head(layout, batch_bytes(&heads, i), &bucket);
		words += bucket.depth;
		if (words > STACKS_MAX)
			bucket = (struct heap_bucket){ 0 };
		TRY(heap_bucket_vector_append(&samples->buckets, &bucket));
		TRY(batch_add(&rest, addresses->items[i] + head_size,
			      8 * (size_t)bucket.depth + (size_t)layout->mem_record_size));
	}
	TRY(batch_run(&rest));
	for (size_t i = 0; i < addresses->count; i++) {
		struct heap_bucket *bucket = &samples->buckets.items[i];
		const uint8_t *bytes = batch_bytes(&rest, i);
		uint64_t *stack = arena_allocate(&samples->arena, 8 * ((size_t)bucket->depth + 1));
		if (!stack)
			return error_no_memory();
		if (!bytes || !bucket->size) {
			bucket->depth = 0;
			continue;
		}
		memcpy(stack, bytes, 8 * (size_t)bucket->depth);
		const uint8_t *record = bytes + 8 * (size_t)bucket->depth;
		uint64_t allocated = member_u64(record, layout->mem_record_allocs);
		uint64_t freed = member_u64(record, layout->mem_record_frees);
		bucket->stack = stack;
		bucket->objects = allocated > freed ? allocated - freed : 0;
	}
	return NULL;
}

static struct error *read_rate(struct runtime *runtime, struct heap_samples *samples)
{
	uint64_t address = runtime_global(runtime, GLOBAL_MEM_PROFILE_RATE);
	samples->rate = USUAL_RATE;
	samples->rate_known = address != 0;
	return address ? target_read_u64(runtime_target(runtime), address, &samples->rate) : NULL;
}

static struct error *read_all(const struct heap *heap, struct heap_samples *samples)
{
	const struct layout *layout = &runtime_binary(heap->runtime)->layout;
	_cleanup_(address_range_vector_deinit) struct address_range_vector ranges = { 0 };
	_cleanup_(u64_vector_deinit) struct u64_vector addresses = { 0 };
	void *argument[] = { samples, (void *)(uintptr_t)layout };
	if (!is_understood(layout)) {
		samples->problem = "the heap profile of this release is not understood";
		return NULL;
	}
	TRY(read_rate(heap->runtime, samples));
	TRY(heap_ranges_read(heap->runtime, &ranges));
	TRY(heap_specials_walk(heap->runtime, &ranges, take_special, argument, &samples->problem));
	TRY(list_buckets(samples, &addresses));
	return read_buckets(layout, runtime_target(heap->runtime), &addresses, samples);
}

struct error *heap_samples_read(const struct heap *heap, struct heap_samples *ret)
{
	struct heap_samples samples = { 0 };
	struct error *error = read_all(heap, &samples);
	if (error)
		heap_samples_deinit(&samples);
	else
		*ret = samples;
	return error;
}

void heap_samples_deinit(struct heap_samples *samples)
{
	heap_sample_vector_deinit(&samples->list);
	heap_bucket_vector_deinit(&samples->buckets);
	map_deinit(&samples->places);
	arena_deinit(&samples->arena);
	*samples = (struct heap_samples){ 0 };
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/label_map.h"

/* What the compiler makes of such a map is the same in all releases that have it. */
#define SLOTS            8
#define TOP_HASH_LOWEST  5 /* below are marks of empty and of moved slots */
#define BUCKETS_LOG2_MAX 8
#define BUCKETS_MAX      ((size_t)2 << BUCKETS_LOG2_MAX) /* with those behind them */

struct bucket {
	uint8_t top_hashes[SLOTS];
	struct go_string keys[SLOTS];
	struct go_string values[SLOTS];
	uint64_t overflow;
};

struct reading {
	struct target *target;
	struct label_pair *pairs;
	size_t count;
	size_t buckets; /* read so far */
};

/* A bucket and those behind it. Of a map that grows each pair is in one bucket, old or new. */
static bool read_bucket(struct reading *reading, uint64_t address)
{
	for (struct bucket bucket; address; address = bucket.overflow) {
		if (reading->buckets++ >= BUCKETS_MAX ||
		    !error_ignore(target_read(reading->target, address, &bucket, sizeof(bucket))))
			return false;
		for (size_t i = 0; i < SLOTS; i++) {
			if (bucket.top_hashes[i] < TOP_HASH_LOWEST)
				continue;
			if (reading->count == LABELS_MAX)
				return false;
			reading->pairs[reading->count++] = (struct label_pair){
				.key = bucket.keys[i],
				.value = bucket.values[i],
			};
		}
	}
	return true;
}

static bool read_buckets(struct reading *reading, uint64_t array, size_t count)
{
	for (size_t i = 0; array && i < count; i++) {
		if (!read_bucket(reading, array + i * sizeof(struct bucket)))
			return false;
	}
	return true;
}

bool label_map_read(struct runtime *runtime, uint64_t variable,
		    struct label_pair ret[static LABELS_MAX], size_t *ret_count)
{
	const struct layout *layout = &runtime_binary(runtime)->layout;
	struct reading reading = { .target = runtime_target(runtime), .pairs = ret };
	uint64_t map, count, buckets, old_buckets;
	uint8_t log2, flags;
	if (layout->hmap_count < 0 || layout->hmap_b < 0 || layout->hmap_flags < 0 ||
	    layout->hmap_buckets < 0 || layout->hmap_oldbuckets < 0 ||
	    !error_ignore(target_read_u64(reading.target, variable, &map)) || !map ||
	    !error_ignore(
		    target_read_u64(reading.target, map + (uint64_t)layout->hmap_count, &count)) ||
	    !error_ignore(target_read(reading.target, map + (uint64_t)layout->hmap_b, &log2, 1)) ||
	    !error_ignore(
		    target_read(reading.target, map + (uint64_t)layout->hmap_flags, &flags, 1)) ||
	    !error_ignore(target_read_u64(reading.target, map + (uint64_t)layout->hmap_buckets,
					  &buckets)) ||
	    !error_ignore(target_read_u64(reading.target, map + (uint64_t)layout->hmap_oldbuckets,
					  &old_buckets)) ||
	    count > LABELS_MAX || log2 > BUCKETS_LOG2_MAX)
		return false;

	/* It grows to twice as many buckets, or to as many again. */
	bool same_size = layout->hmap_same_size_grow > 0 && flags & layout->hmap_same_size_grow;
	size_t now = (size_t)1 << log2;
	if (!read_buckets(&reading, buckets, now) ||
	    !read_buckets(&reading, old_buckets, same_size || !log2 ? now : now / 2))
		return false;
	*ret_count = reading.count;
	return reading.count == count;
}

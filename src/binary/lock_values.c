/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/lock_values.h"

#include "base/hash.h"

#define BASES_MAX ((size_t)1 << 20)

static bool same(const struct lock_base *left, const struct lock_base *right)
{
	return left->kind == right->kind && left->a == right->a && left->b == right->b &&
	       left->offset == right->offset;
}

struct error *lock_values_base(struct lock_values *values, const struct lock_base *base,
			       uint32_t *ret)
{
	uint64_t hash = hash_more(hash_more((uint64_t)base->kind << 32 | base->a, base->b),
				  (uint64_t)base->offset) >>
			1;
	/* Those that share a hash by chance get the next free place. */
	for (;; hash = (hash + 1) & INT64_MAX) {
		struct map_slot *slot = map_find(&values->by_hash, hash);
		if (!slot)
			break;
		if (same(&values->list.items[slot->value], base)) {
			*ret = (uint32_t)slot->value;
			return NULL;
		}
	}
	*ret = LOCK_UNKNOWN;
	if (values->list.count >= BASES_MAX)
		return NULL;
	struct map_slot *slot;
	TRY(lock_base_vector_append(&values->list, base));
	TRY(map_insert(&values->by_hash, hash, values->list.count - 1, &slot));
	*ret = (uint32_t)values->list.count - 1;
	return NULL;
}

struct error *lock_values_init(struct lock_values *values)
{
	static const enum lock_base_kind fixed[] = {
		[LOCK_UNKNOWN] = LOCK_BASE_UNKNOWN,
		[LOCK_ZERO] = LOCK_BASE_ZERO,
		[LOCK_FRAME] = LOCK_BASE_FRAME,
	};
	*values = (struct lock_values){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++) {
		const struct lock_base base = { .kind = fixed[i] };
		uint32_t number;
		struct error *error = lock_values_base(values, &base, &number);
		if (error) {
			lock_values_deinit(values);
			return error;
		}
	}
	return NULL;
}

void lock_values_deinit(struct lock_values *values)
{
	lock_base_vector_deinit(&values->list);
	map_deinit(&values->by_hash);
	*values = (struct lock_values){ 0 };
}

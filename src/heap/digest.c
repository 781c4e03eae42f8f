/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/digest.h"

#include <string.h>

struct error *heap_digest_create(const struct heap *heap, struct heap_digest **ret)
{
	_cleanup_(heap_digest_cleanup) struct heap_digest *digest = calloc(1, sizeof(*digest));
	if (!digest)
		return error_no_memory();
	digest->dominated = heap->dominators.count > 0;
	heap_count(heap, &digest->totals);
	TRY(heap_group_types(heap, &digest->types));
	TRY(heap_group_spans(heap, &digest->classes));
	if (digest->dominated)
		TRY(heap_holders_find(heap, DIGEST_HOLDERS, DIGEST_HOLDERS, &digest->holders));
	*ret = TAKE_PTR(digest);
	return NULL;
}

void heap_digest_destroy(struct heap_digest *digest)
{
	if (!digest)
		return;
	heap_group_vector_deinit(&digest->types);
	heap_size_class_vector_deinit(&digest->classes);
	heap_holders_deinit(&digest->holders);
	free(digest);
}

struct error *heap_digest_types(const struct heap_digest *digest, struct heap_group_vector *ret)
{
	struct heap_group_vector list = { 0 };
	TRY(heap_group_vector_reserve(&list, digest->types.count + 1));
	for (; list.count < digest->types.count; list.count++)
		list.items[list.count] = digest->types.items[list.count];
	*ret = list;
	return NULL;
}

struct error *heap_digest_classes(const struct heap_digest *digest,
				  struct heap_size_class_vector *ret)
{
	struct heap_size_class_vector list = { 0 };
	TRY(heap_size_class_vector_reserve(&list, digest->classes.count + 1));
	for (; list.count < digest->classes.count; list.count++)
		list.items[list.count] = digest->classes.items[list.count];
	*ret = list;
	return NULL;
}

static struct error *copy_parts(struct heap_holders *into, struct heap_holder *holder)
{
	size_t size = holder->part_count * sizeof(*holder->parts);
	struct heap_group *parts = arena_allocate(&into->arena, size + 1);
	if (!parts)
		return error_no_memory();
	if (size)
		memcpy(parts, holder->parts, size);
	holder->parts = parts;
	return NULL;
}

struct error *heap_digest_holders(const struct heap_digest *digest, size_t limit, size_t with_parts,
				  struct heap_holders *ret, bool *ret_enough)
{
	const struct heap_holders *all = &digest->holders;
	_cleanup_(heap_holders_deinit) struct heap_holders holders = { .total = all->total };
	*ret_enough = all->list.count == all->total || limit <= all->list.count;
	if (!*ret_enough)
		return NULL;
	for (size_t i = 0; i < MIN(limit, all->list.count); i++) {
		struct heap_holder holder = all->list.items[i];
		if (i >= with_parts)
			holder.part_count = 0;
		TRY(copy_parts(&holders, &holder));
		TRY(heap_holder_vector_append(&holders.list, &holder));
	}
	*ret = holders;
	holders = (struct heap_holders){ 0 };
	return NULL;
}

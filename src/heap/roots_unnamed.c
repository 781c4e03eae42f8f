/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "binary/references.h"
#include "heap/roots_private.h"

/*
 * Globals without a name: a stripped program's. The code still refers to them, and says what it
 * keeps there.
 */

static int compare_addresses(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
	return (a > b) - (a < b);
}

static bool is_unnamed(const struct heap_root *root)
{
	return root->kind == HEAP_ROOT_GLOBAL && !root->name;
}

/* Rising, each once. */
static struct error *collect(const struct heap_roots *roots, struct u64_vector *ret)
{
	size_t kept = 0;
	for (size_t i = 0; i < roots->list.count; i++) {
		if (is_unnamed(&roots->list.items[i]))
			TRY(u64_vector_append(ret, &roots->list.items[i].address));
	}
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(ret->items[0]), compare_addresses);
	for (size_t i = 0; i < ret->count; i++) {
		if (!kept || ret->items[kept - 1] != ret->items[i])
			ret->items[kept++] = ret->items[i];
	}
	ret->count = kept;
	return NULL;
}

static struct error *name_user(struct heap_roots *roots, const struct references *references,
			       size_t index, struct heap_root *root)
{
	const char *name = references_name(references, index, 0);
	if (!name)
		return NULL;
	root->user = arena_copy_string(&roots->arena, name, strlen(name));
	return root->user ? NULL : error_no_memory();
}

/* The only pointer into the heap that this function keeps in a global is the table of itabs. */
static bool is_itab_table(const struct references *references, size_t index)
{
	const char *name;
	for (size_t n = 0; (name = references_name(references, index, n)); n++) {
		if (strcmp(name, "runtime.getitab") == 0)
			return true;
	}
	return false;
}

static struct error *type_word(struct gathering *gathering, const struct references *references,
			       size_t index, const struct heap_root *root)
{
	struct heap_root_pointer *pointer = &gathering->roots->pointers.items[root->first];
	struct variable_part part;
	if (!root->count || pointer->where != root->address || pointer->type != HEAP_TYPE_UNKNOWN)
		return NULL;
	if (is_itab_table(references, index))
		return heap_types_intern(gathering->types, HEAP_ITABS, 0, &pointer->type);
	return references_part(references, index, &part)
		       ? gathering_part(gathering, &part, &pointer->type)
		       : NULL;
}

struct error *gathering_name_unnamed(struct gathering *gathering)
{
	struct heap_roots *roots = gathering->roots;
	_cleanup_(u64_vector_deinit) struct u64_vector addresses = { 0 };
	_cleanup_(references_cleanup) struct references *references = NULL;
	TRY(collect(roots, &addresses));
	if (!addresses.count)
		return NULL;
	TRY(references_find(runtime_binary(gathering->runtime), addresses.items, addresses.count,
			    &references));
	TRY(references_find_types(references));
	for (size_t i = 0; i < roots->list.count; i++) {
		struct heap_root *root = &roots->list.items[i];
		if (!is_unnamed(root))
			continue;
		const uint64_t *place = bsearch(&root->address, addresses.items, addresses.count,
						sizeof(*place), compare_addresses);
		size_t index = (size_t)(place - addresses.items);
		TRY(name_user(roots, references, index, root));
		if (gathering->types)
			TRY(type_word(gathering, references, index, root));
	}
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/map.h"
#include "binary/type.h"

/*
 * Up to 1.26 the linker lists the unnamed types. From 1.27 there is no list: their descriptors lie
 * end to end, behind one word, up to a length that moduledata has. The others hang off them.
 */
#define TYPES_MAX            ((uint64_t)1 << 22)
#define PARTS_MAX            ((uint64_t)1 << 22)
#define DESCRIPTOR_ALIGNMENT 8

struct walk {
	const struct binary *binary;
	const struct module *module;
	struct map seen;
	struct u64_vector found; /* in the order of the walk; those behind `done` are to be read */
	size_t done;
	uint64_t parts; /* that were read, of all types: damaged ones may share them */
};

/* Remember a type of this module, once. */
static struct error *meet(struct walk *walk, uint64_t address)
{
	if (address < walk->module->types || address >= walk->module->types_end)
		return NULL;
	size_t before = walk->seen.count;
	struct map_slot *slot = NULL;
	TRY(map_insert(&walk->seen, address, 0, &slot));
	if (walk->seen.count == before)
		return NULL;
	return u64_vector_append(&walk->found, &address);
}

static struct error *meet_parts(struct walk *walk, const struct type *type)
{
	walk->parts += type->count;
	if (walk->parts > PARTS_MAX)
		return error_new(ERROR_LIMIT, "%s: has types of more than %llu parts",
				 elf_name(walk->module->elf), (unsigned long long)PARTS_MAX);
	for (size_t i = 0; i < type->count; i++) {
		uint64_t part = 0;
		if (type->kind == TYPE_STRUCT) {
			struct type_field field;
			if (!error_ignore(type_field(walk->binary, type, i, &field)))
				return NULL;
			part = field.type;
		} else if (type->kind == TYPE_FUNC) {
			if (!error_ignore(type_bytes(walk->binary, type->parts + i * 8, &part, 8)))
				return NULL;
		}
		TRY(meet(walk, part));
	}
	return NULL;
}

/* What is no descriptor leads nowhere. */
static struct error *follow(struct walk *walk)
{
	while (walk->done < walk->found.count && walk->found.count < TYPES_MAX) {
		struct type type;
		if (!error_ignore(type_read(walk->binary, walk->found.items[walk->done++], &type)))
			continue;
		TRY(meet(walk, type.element));
		TRY(meet(walk, type.key));
		TRY(meet_parts(walk, &type));
	}
	return NULL;
}

static struct error *read_word(struct walk *walk, int32_t offset, uint64_t *ret)
{
	return target_read_u64(walk->binary->target, walk->module->moduledata + (uint64_t)offset,
			       ret);
}

static struct error *walk_links(struct walk *walk)
{
	int32_t offset = walk->binary->layout.module_typelinks;
	uint64_t links = 0, count = 0;
	TRY(read_word(walk, offset, &links));
	TRY(read_word(walk, offset + 8, &count));
	if (count > TYPES_MAX)
		return error_new(ERROR_CORRUPT, "%s: has a damaged list of types",
				 elf_name(walk->module->elf));
	_cleanup_(free_pointer) int32_t *offsets = calloc((size_t)count + 1, sizeof(*offsets));
	if (!offsets)
		return error_no_memory();
	TRY(target_read(walk->binary->target, links, offsets, (size_t)count * sizeof(*offsets)));
	for (uint64_t i = 0; i < count; i++)
		TRY(meet(walk, walk->module->types + (uint64_t)(int64_t)offsets[i]));
	return follow(walk);
}

static struct error *walk_end_to_end(struct walk *walk)
{
	uint64_t length = 0;
	TRY(read_word(walk, walk->binary->layout.module_typedesclen, &length));
	uint64_t end = walk->module->types + length;
	uint64_t at = walk->module->types + sizeof(uint64_t);
	while (at < end && walk->found.count < TYPES_MAX) {
		at = (at + DESCRIPTOR_ALIGNMENT - 1) & ~(uint64_t)(DESCRIPTOR_ALIGNMENT - 1);
		struct type type;
		TRY(type_read(walk->binary, at, &type));
		TRY(meet(walk, at));
		at += type.descriptor_size;
	}
	return follow(walk);
}

static int compare_addresses(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
	return (a > b) - (a < b);
}

struct error *type_list(const struct binary *binary, const struct module *module,
			struct u64_vector *ret)
{
	struct walk walk = { .binary = binary, .module = module };
	struct error *error = layout_has(binary->layout.module_typedesclen) ? walk_end_to_end(&walk)
									    : walk_links(&walk);
	map_deinit(&walk.seen);
	if (error) {
		u64_vector_deinit(&walk.found);
		return error;
	}
	if (walk.found.count > 0)
		qsort(walk.found.items, walk.found.count, sizeof(*walk.found.items),
		      compare_addresses);
	*ret = walk.found;
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "binary/type.h"
#include "binary/variables_private.h"

/*
 * What a variable's initial value refers to, the compiler puts beside the variables, without a
 * name and, mostly, without a descriptor: `var pool = &Pool{...}` is a pointer and, elsewhere in
 * the same data, a Pool. It is found by following the pointers of described variables, as they are
 * in the process now, through everything that they lead to in the same data.
 */

/* More data than that is not looked through, nor more parts of it. */
#define DATA_LIMIT ((uint64_t)64 << 20)
enum { STEP_LIMIT = 1 << 20, ELEMENT_LIMIT = 1 << 16, DEPTH_LIMIT = 16 };

/* A value of a described type. */
struct place {
	uint64_t type;
	uint64_t address;
	uint64_t count; /* of values, one behind the other */
	size_t variable;
};

DEFINE_VECTOR(place_vector, struct place);

struct search {
	struct variables *variables;
	size_t named; /* variables at the list's beginning, in order */
	uint64_t low;
	uint64_t high;
	uint8_t *bytes;
	struct place_vector waiting;
	struct map seen; /* addresses that are in the list already */
	size_t steps;
};

static bool read_word(const struct search *search, uint64_t address, uint64_t *ret)
{
	if (address < search->low || address >= search->high ||
	    search->high - address < sizeof(*ret))
		return false;
	memcpy(ret, search->bytes + (address - search->low), sizeof(*ret));
	return true;
}

/* Linked by gcc, what the compiler made has names that say nothing: main..stmp_3. */
static bool is_made(const struct variable *variable)
{
	return !variable->type &&
	       (strstr(variable->name, "..stmp_") || strstr(variable->name, "..gobytes."));
}

/* No variable is there that has a name of its own. */
static bool is_unnamed(const struct search *search, uint64_t address, uint64_t size)
{
	const struct variable *items = search->variables->list.items;
	size_t low = 0;
	size_t high = search->named;

	if (!size || address < search->low || address >= search->high ||
	    size > search->high - address)
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (items[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	const struct variable *last = low ? &items[low - 1] : NULL;
	if (last && last->address == address && size <= last->size && is_made(last))
		return true;
	return (low == search->named || items[low].address >= address + size) &&
	       (!last || address - last->address >= last->size);
}

static struct error *add_place(struct search *search, uint64_t type, uint64_t address,
			       uint64_t count, size_t variable)
{
	uint64_t size = variables_type_size(search->variables, type);
	struct variable found = {
		.name = search->variables->list.items[variable].name,
		.address = address,
		.type = type,
	};
	struct map_slot *slot = NULL;

	if (!size || !count || count > (search->high - search->low) / size)
		return NULL;
	found.size = size * count;
	if (!is_unnamed(search, address, found.size) || map_find(&search->seen, address))
		return NULL;
	TRY(map_insert(&search->seen, address, 0, &slot));
	TRY(variable_vector_append(&search->variables->list, &found));
	struct place place = { type, address, count, variable };
	return place_vector_append(&search->waiting, &place);
}

static struct error *wait_for(struct search *search, const struct place *place, uint64_t type,
			      uint64_t offset)
{
	struct place part = { type, place->address + offset, 1, place->variable };

	return place_vector_append(&search->waiting, &part);
}

static struct error *follow_slice(struct search *search, const struct variables_type *type,
				  const struct place *place)
{
	uint64_t address, capacity;

	if (!type->entry.element || !read_word(search, place->address, &address) ||
	    !read_word(search, place->address + 16, &capacity))
		return NULL;
	return add_place(search, variables_type_number(type->module, type->entry.element), address,
			 capacity, place->variable);
}

static struct error *follow_struct(struct search *search, const struct variables_type *type,
				   const struct place *place)
{
	struct cursor cursor = type->children;

	while (type->entry.has_children && cursor_left(&cursor)) {
		struct dwarf_entry member;
		if (!error_ignore(
			    dwarf_entry_read(type->debug->dwarf, type->unit, &cursor, &member)) ||
		    member.tag != DWARF_MEMBER || member.has_children ||
		    search->steps++ >= STEP_LIMIT)
			break;
		if (member.member_offset >= 0)
			TRY(wait_for(search, place,
				     variables_type_number(type->module, member.type),
				     (uint64_t)member.member_offset));
	}
	return NULL;
}

/* Whether a type has neither parts nor pointers, so that looking at each of many is in vain. */
static bool is_plain(struct search *search, uint64_t type)
{
	struct variables_type read;

	for (int i = 0; i < DEPTH_LIMIT && variables_describe(search->variables, type, &read);
	     i++) {
		if (read.entry.tag == DWARF_BASE_TYPE)
			return true;
		if (read.entry.tag == DWARF_STRUCTURE_TYPE && read.entry.has_children) {
			struct dwarf_entry member = { 0 };
			/* A struct that begins with a number may have pointers: its size tells. */
			if (!error_ignore(dwarf_entry_read(read.debug->dwarf, read.unit,
							   &read.children, &member)) ||
			    member.tag != DWARF_MEMBER)
				return false;
			if (read.entry.byte_size >= 0 && read.entry.byte_size < 8)
				return true;
			return false;
		}
		if (read.entry.tag != DWARF_TYPEDEF && read.entry.tag != DWARF_ARRAY_TYPE)
			return false;
		type = variables_type_number(read.module, read.entry.type);
	}
	return false;
}

static struct error *follow_elements(struct search *search, uint64_t type,
				     const struct place *place, uint64_t count)
{
	uint64_t size = variables_type_size(search->variables, type);

	if (!size || is_plain(search, type))
		return NULL;
	for (uint64_t i = 0; i < MIN(count, ELEMENT_LIMIT) && search->steps++ < STEP_LIMIT; i++)
		TRY(wait_for(search, place, type, i * size));
	return NULL;
}

static struct error *follow(struct search *search, const struct place *place)
{
	struct variables_type type;
	uint64_t address;

	if (place->count > 1)
		return follow_elements(search, place->type, place, place->count);
	if (!variables_describe(search->variables, place->type, &type))
		return NULL;
	uint64_t inner = variables_type_number(type.module, type.entry.type);
	switch (type.entry.tag) {
	case DWARF_TYPEDEF:
		/* Interfaces, channels and maps: what they lead to is not in the data. */
		return type.entry.kind ? NULL : wait_for(search, place, inner, 0);
	case DWARF_POINTER_TYPE:
		if (!inner || !read_word(search, place->address, &address))
			return NULL;
		return add_place(search, inner, address, 1, place->variable);
	case DWARF_ARRAY_TYPE: {
		uint64_t size = variables_type_size(search->variables, inner);
		uint64_t whole = (uint64_t)MAX(type.entry.byte_size, 0);
		return size ? follow_elements(search, inner, place, whole / size) : NULL;
	}
	case DWARF_STRUCTURE_TYPE:
		if (type.entry.kind == TYPE_STRING)
			return NULL;
		return type.entry.kind == TYPE_SLICE ? follow_slice(search, &type, place)
						     : follow_struct(search, &type, place);
	default:
		return NULL;
	}
}

static struct error *follow_all(struct search *search)
{
	for (size_t i = 0; i < search->named; i++) {
		const struct variable *variable = &search->variables->list.items[i];
		struct place place = { variable->type, variable->address, 1, i };
		if (!variable->type || variable->address < search->low ||
		    variable->address >= search->high)
			continue;
		TRY(place_vector_append(&search->waiting, &place));
		while (search->waiting.count && search->steps++ < STEP_LIMIT) {
			place = search->waiting.items[--search->waiting.count];
			TRY(follow(search, &place));
		}
		search->waiting.count = 0;
	}
	return NULL;
}

struct error *variables_add_unnamed(struct variables *variables, size_t index)
{
	const struct binary *binary = variables->binary;
	const struct module *module = &binary->modules[index];
	struct search search = {
		.variables = variables,
		.named = variables->list.count,
		.low = module->data,
		/* Zeroes with pointers in them follow, as a rule. */
		.high = module->bss >= module->data_end ? module->bss_end : module->data_end,
	};

	if (!variables->debugs[index].dwarf || search.high <= search.low ||
	    search.high - search.low > DATA_LIMIT)
		return NULL;
	size_t size = (size_t)(search.high - search.low);
	_cleanup_(free_pointer) uint8_t *bytes = malloc(size);
	if (!bytes)
		return error_no_memory();
	if (!error_ignore(target_read(binary->target, search.low, bytes, size)))
		return NULL;
	search.bytes = bytes;
	struct error *error = follow_all(&search);
	place_vector_deinit(&search.waiting);
	map_deinit(&search.seen);
	return error;
}

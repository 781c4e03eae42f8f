/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "binary/type.h"
#include "binary/variables_private.h"

/*
 * Global variables in debug information: entries at the top level of their package's unit. Types
 * are read when they are asked for; Go's linker says of each, as an offset from the module's
 * types, where its own descriptor lies, and 0 where the program kept none.
 */

/* Packages of one program: each has a unit, some have a few. */

/* Of types within types, and of names for one type. */
enum { DEPTH_LIMIT = 64 };

#define KIND_MASK 31

void variables_debug_deinit(struct variables_debug *debug)
{
	dwarf_destroy(debug->dwarf);
	dwarf_unit_vector_deinit(&debug->units);
	variables_function_vector_deinit(&debug->functions);
}

uint64_t variables_type_number(size_t module, uint64_t offset)
{
	return offset ? ((uint64_t)module + 1) << VARIABLES_MODULE_SHIFT | offset : 0;
}

static struct error *add_unit(struct variables *variables, size_t module, struct dwarf_unit *unit)
{
	struct variables_debug *debug = &variables->debugs[module];
	struct dwarf_walk walk = { 0 };

	for (;;) {
		struct dwarf_entry entry;
		TRY(dwarf_walk_next(debug->dwarf, unit, &walk, DWARF_VARIABLE, &entry));
		if (!entry.tag)
			return NULL;
		struct variable variable = {
			.name = entry.name,
			.address = entry.address + debug->module->bias,
			.type = variables_type_number(module, entry.type),
		};
		if (entry.name && entry.address)
			TRY(variable_vector_append(&variables->list, &variable));
	}
}

static struct error *add_units(struct variables *variables, size_t module)
{
	struct variables_debug *debug = &variables->debugs[module];

	for (uint64_t offset = 0;;) {
		struct dwarf_unit unit;
		struct dwarf_entry root;
		bool found;
		TRY(dwarf_units_next(debug->dwarf, &offset, &unit, &root, &found));
		if (!found)
			return NULL;
		TRY(add_unit(variables, module, &unit));
		TRY(dwarf_units_append(&debug->units, &unit));
	}
}

struct error *variables_add_described(struct variables *variables, size_t module, struct elf *elf)
{
	struct variables_debug *debug = &variables->debugs[module];
	struct error *error = dwarf_open(elf, &debug->dwarf);

	if (error && error->code == ERROR_NOT_FOUND) {
		error_destroy(error);
		return NULL;
	}
	if (!error)
		error = add_units(variables, module);
	if (error && error->code == ERROR_NO_MEMORY)
		return error;
	if (!error_ignore(error))
		variables->problem = "a part of the debug information cannot be read";
	return NULL;
}

bool variables_describe(struct variables *variables, uint64_t type, struct variables_type *ret)
{
	uint64_t module = (type >> VARIABLES_MODULE_SHIFT) - 1;
	uint64_t offset = type & (((uint64_t)1 << VARIABLES_MODULE_SHIFT) - 1);

	if (module >= variables->binary->module_count)
		return false;
	struct variables_type read = { .debug = &variables->debugs[module],
				       .module = (size_t)module };
	read.unit = dwarf_units_find(&read.debug->units, offset);
	if (!read.unit)
		return false;
	read.children = dwarf_entries(read.debug->dwarf, read.unit, offset);
	if (!error_ignore(
		    dwarf_entry_read(read.debug->dwarf, read.unit, &read.children, &read.entry)))
		return false;
	*ret = read;
	return true;
}

bool variables_entry(struct variables *variables, size_t module, uint64_t offset,
		     struct dwarf_entry *ret)
{
	struct variables_type read;

	if (!variables_describe(variables, variables_type_number(module, offset), &read))
		return false;
	*ret = read.entry;
	return true;
}

/* Go gives pointers no size, and channels and maps are pointers by another name. */
static uint64_t own_size(const struct dwarf_entry *entry)
{
	enum type_kind kind = (enum type_kind)(entry->kind & KIND_MASK);

	if (entry->byte_size >= 0)
		return (uint64_t)entry->byte_size;
	if (entry->tag == DWARF_POINTER_TYPE || kind == TYPE_MAP || kind == TYPE_CHAN)
		return sizeof(uint64_t);
	return 0;
}

uint64_t variables_type_size(struct variables *variables, uint64_t type)
{
	struct variables_type read;

	for (int i = 0; i < DEPTH_LIMIT && variables_describe(variables, type, &read); i++) {
		uint64_t size = own_size(&read.entry);
		if (size || read.entry.tag != DWARF_TYPEDEF)
			return size;
		type = variables_type_number(read.module, read.entry.type);
	}
	return 0;
}

uint64_t variables_size(struct variables *variables, uint64_t type)
{
	return variables_type_size(variables, type);
}

bool variables_is_shape(struct variables *variables, uint64_t type)
{
	struct variables_type read;

	return variables_describe(variables, type, &read) && read.entry.name &&
	       strstr(read.entry.name, "go.shape.");
}

/* The last part of a named type's name, without its arguments: "Node" of "x/y.Node[int]". */
static const char *base_name(const char *name, size_t *ret_length)
{
	size_t length = strcspn(name, "[");
	const char *slash = memrchr(name, '/', length);
	const char *begin = slash ? slash + 1 : name;
	const char *dot = memrchr(begin, '.', length - (size_t)(begin - name));

	begin = dot ? dot + 1 : begin;
	*ret_length = length - (size_t)(begin - name);
	return begin;
}

static bool same_name(const struct binary *binary, uint64_t descriptor, const char *described)
{
	char name[4096];
	size_t length, described_length;

	if (!described || !error_ignore(type_name(binary, descriptor, name, sizeof(name))))
		return false;
	const char *base = base_name(name, &length);
	described = base_name(described, &described_length);
	return length == described_length && memcmp(base, described, length) == 0;
}

/* What debug information says is believed when a descriptor of such a type is really there. */
static uint64_t find_descriptor(struct variables *variables, const struct variables_type *read)
{
	const struct module *module = read->debug->module;
	uint64_t address = module->types + read->entry.runtime_type;
	uint64_t size = own_size(&read->entry);
	struct type type;

	if (!read->entry.runtime_type || address < module->types || address >= module->types_end ||
	    !error_ignore(type_read(variables->binary, address, &type)) ||
	    type.kind != (enum type_kind)(read->entry.kind & KIND_MASK) ||
	    (size && type.size != size) ||
	    (type.named && !same_name(variables->binary, address, read->entry.name)))
		return 0;
	return address;
}

static uint64_t descriptor_of(struct variables *variables, uint64_t number,
			      const struct variables_type *read)
{
	const struct map_slot *known = map_find(&variables->descriptors, number);
	struct map_slot *slot;

	if (known)
		return known->value;
	uint64_t descriptor = find_descriptor(variables, read);
	/* Without memory to remember it, it is found again. */
	(void)error_ignore(map_insert(&variables->descriptors, number, descriptor, &slot));
	return descriptor;
}

/* The descriptor of a type that may have several names; 0: none. */
static uint64_t named_descriptor(struct variables *variables, uint64_t type)
{
	struct variables_type read;

	for (int i = 0; i < DEPTH_LIMIT && variables_describe(variables, type, &read); i++) {
		uint64_t descriptor = descriptor_of(variables, type, &read);
		if (descriptor || read.entry.tag != DWARF_TYPEDEF || read.entry.kind)
			return descriptor;
		type = variables_type_number(read.module, read.entry.type);
	}
	return 0;
}

/* The first child with this tag, or the last member that does not begin behind `offset`. */
static bool find_child(const struct variables_type *read, uint32_t tag, uint64_t offset,
		       struct dwarf_entry *ret)
{
	struct cursor cursor = read->children;
	size_t depth = read->entry.has_children ? 1 : 0;
	bool found = false;

	while (depth && cursor_left(&cursor)) {
		struct dwarf_entry child;
		if (!error_ignore(
			    dwarf_entry_read(read->debug->dwarf, read->unit, &cursor, &child)))
			return false;
		if (depth == 1 && child.tag == tag) {
			if (tag == DWARF_MEMBER &&
			    (child.member_offset < 0 || (uint64_t)child.member_offset > offset))
				break;
			*ret = child;
			found = true;
			if (tag != DWARF_MEMBER)
				break;
		}
		if (!child.tag)
			depth--;
		else if (child.has_children)
			depth++;
	}
	return found;
}

/* The one that the struct begins with; there may be others at its place. */
static bool find_first_member(const struct variables_type *read, struct dwarf_entry *ret)
{
	struct cursor cursor = read->children;

	return read->entry.has_children &&
	       error_ignore(dwarf_entry_read(read->debug->dwarf, read->unit, &cursor, ret)) &&
	       ret->tag == DWARF_MEMBER;
}

static bool pointed_to(struct variables *variables, uint64_t type, bool array,
		       struct variable_part *ret)
{
	struct variable_part part = {
		.descriptor = named_descriptor(variables, type),
		.pointer = true,
		.array = array,
	};
	if (part.descriptor)
		*ret = part;
	return part.descriptor != 0;
}

/* A slice's or a string's first word. */
static bool slice_part(struct variables *variables, const struct variables_type *read,
		       struct variable_part *ret)
{
	uint64_t element = read->entry.element;
	struct dwarf_entry member;
	struct variables_type pointer;

	if (!element) {
		if (!find_child(read, DWARF_MEMBER, 0, &member) ||
		    !variables_describe(variables, variables_type_number(read->module, member.type),
					&pointer) ||
		    pointer.entry.tag != DWARF_POINTER_TYPE)
			return false;
		element = pointer.entry.type;
	}
	return pointed_to(variables, variables_type_number(read->module, element), true, ret);
}

/*
 * The pointer of an atomic.Pointer[T], which is none to debug information: but so that one is not
 * converted into another, T is mentioned in a field before it, _ [0]*T.
 */
#define ATOMIC_POINTER "sync/atomic.Pointer["

static bool atomic_part(struct variables *variables, const struct variables_type *read,
			struct variable_part *ret)
{
	struct dwarf_entry member;
	struct variables_type array, pointer;

	if (read->entry.tag != DWARF_STRUCTURE_TYPE || !read->entry.name ||
	    strncmp(read->entry.name, ATOMIC_POINTER, strlen(ATOMIC_POINTER)) != 0 ||
	    !find_first_member(read, &member) ||
	    !variables_describe(variables, variables_type_number(read->module, member.type),
				&array) ||
	    array.entry.tag != DWARF_ARRAY_TYPE || array.entry.byte_size != 0 ||
	    !variables_describe(variables, variables_type_number(array.module, array.entry.type),
				&pointer) ||
	    pointer.entry.tag != DWARF_POINTER_TYPE || !pointer.entry.type)
		return false;
	return pointed_to(variables, variables_type_number(pointer.module, pointer.entry.type),
			  false, ret);
}

/* One floor down: from *type and *offset to those of what is there; false: there is no more. */
static bool step_down(struct variables *variables, const struct variables_type *read,
		      uint64_t *type, uint64_t *offset)
{
	struct dwarf_entry member;
	uint64_t size;

	switch (read->entry.tag) {
	case DWARF_TYPEDEF:
		/* Of interfaces, channels and maps the runtime's own types behind the name say nothing. */
		if (read->entry.kind)
			return false;
		*type = variables_type_number(read->module, read->entry.type);
		return true;
	case DWARF_ARRAY_TYPE:
		*type = variables_type_number(read->module, read->entry.type);
		size = variables_type_size(variables, *type);
		if (!size)
			return false;
		*offset %= size;
		return true;
	case DWARF_STRUCTURE_TYPE:
		if (!find_child(read, DWARF_MEMBER, *offset, &member))
			return false;
		*type = variables_type_number(read->module, member.type);
		*offset -= (uint64_t)member.member_offset;
		return true;
	default:
		return false;
	}
}

bool variables_part(struct variables *variables, uint64_t type, uint64_t offset,
		    struct variable_part *ret)
{
	struct variables_type read;

	for (int i = 0; i < DEPTH_LIMIT && variables_describe(variables, type, &read); i++) {
		enum type_kind kind = (enum type_kind)(read.entry.kind & KIND_MASK);
		uint64_t size = own_size(&read.entry);
		if (size && offset >= size)
			return false;
		uint64_t descriptor = descriptor_of(variables, type, &read);
		if (descriptor) {
			*ret = (struct variable_part){ descriptor, offset, false, false };
			return true;
		}
		if (kind == TYPE_SLICE || kind == TYPE_STRING)
			return offset == 0 && slice_part(variables, &read, ret);
		if (read.entry.tag == DWARF_POINTER_TYPE)
			return offset == 0 && read.entry.type &&
			       pointed_to(variables,
					  variables_type_number(read.module, read.entry.type),
					  false, ret);
		if (offset == 0 && atomic_part(variables, &read, ret))
			return true;
		if (!step_down(variables, &read, &type, &offset))
			return false;
	}
	return false;
}

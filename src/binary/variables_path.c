/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/variables_path.h"

#include "binary/type.h"
#include "binary/variables_private.h"

#define DEPTH_LIMIT 64
#define KIND_MASK   31

/* Interfaces, strings and slices are written whole, whichever of their words it is. */
static bool is_whole(enum type_kind kind)
{
	return kind == TYPE_INTERFACE || kind == TYPE_STRING || kind == TYPE_SLICE ||
	       kind == TYPE_MAP || kind == TYPE_CHAN || kind == TYPE_FUNC;
}

/* The member that has the byte at an offset: the last that does not begin behind it. */
static bool find_member(const struct variables_type *structure, uint64_t offset,
			struct dwarf_entry *ret)
{
	struct cursor cursor = structure->children;
	size_t depth = structure->entry.has_children ? 1 : 0;
	bool found = false;
	while (depth && cursor_left(&cursor)) {
		struct dwarf_entry child;
		if (!error_ignore(dwarf_entry_read(structure->debug->dwarf, structure->unit,
						   &cursor, &child)))
			return false;
		if (depth == 1 && child.tag == DWARF_MEMBER) {
			if (child.member_offset < 0 || (uint64_t)child.member_offset > offset)
				break;
			*ret = child;
			found = true;
		}
		if (!child.tag)
			depth--;
		else if (child.has_children)
			depth++;
	}
	return found;
}

/* One floor down; false: nothing more can be said. */
static bool step_down(struct variables *variables, const struct variables_type *read,
		      uint64_t *type, uint64_t *offset, struct writer *writer)
{
	struct dwarf_entry member;
	uint64_t size;
	*type = variables_type_number(read->module, read->entry.type);
	switch (read->entry.tag) {
	case DWARF_TYPEDEF:
		return true;
	case DWARF_ARRAY_TYPE:
		size = variables_type_size(variables, *type);
		if (!size)
			return false;
		writer_printf(writer, "[%llu]", (unsigned long long)(*offset / size));
		*offset %= size;
		return true;
	case DWARF_STRUCTURE_TYPE:
		if (!find_member(read, *offset, &member) || !member.name)
			return false;
		writer_char(writer, '.');
		writer_string(writer, member.name);
		*type = variables_type_number(read->module, member.type);
		*offset -= (uint64_t)member.member_offset;
		return true;
	default:
		return false;
	}
}

void variables_path(struct variables *variables, uint64_t type, uint64_t offset,
		    struct writer *writer)
{
	struct variables_type read;
	for (int i = 0; i < DEPTH_LIMIT && variables_describe(variables, type, &read); i++) {
		if (is_whole((enum type_kind)(read.entry.kind & KIND_MASK)))
			return;
		if (!step_down(variables, &read, &type, &offset, writer))
			break;
	}
	if (offset) {
		writer_char(writer, '+');
		writer_unsigned(writer, offset);
	}
}

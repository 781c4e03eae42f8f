/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/frame_variables.h"

#include "binary/parameters.h"
#include "binary/variables_private.h"

/*
 * A function's entry has its parameters and variables below it, at any depth: lexical blocks and
 * inlined calls have their own. Each has one place for the whole function, or a list of places by
 * code address. Go puts a variable into memory at a fixed distance from the canonical frame
 * address, or into registers, or in pieces into both.
 */
enum {
	OPERATION_REGISTER_0 = 0x50,
	OPERATION_REGISTER_31 = 0x6f,
	OPERATION_FRAME = 0x91, /* and a number: DW_OP_fbreg */
	OPERATION_PIECE = 0x93,
	OPERATION_FRAME_ADDRESS = 0x9c,
};

/* How entries of .debug_loclists begin; Go writes these, others are read past. */
enum {
	LIST_END = 0x00,
	LIST_BASE_INDEX = 0x01,
	LIST_START_LENGTH_INDEX = 0x03,
	LIST_OFFSETS = 0x04,
	LIST_BASE = 0x06,
	LIST_START_END = 0x07,
	LIST_START_LENGTH = 0x08,
};

/* Entries of one function, and of one list: far above what compilers make. */
enum { ENTRY_LIMIT = 1 << 18, LIST_LIMIT = 1 << 12 };

/* One lookup: a place in a function. */
struct look {
	struct variables *variables;
	const struct variables_code *code;
	struct frame_variable_vector *found;
};

/* One place of a piece, or of all: *ret_known says whether it is on the stack. */
static void read_place(struct cursor *cursor, uint8_t operation, int64_t *ret, bool *ret_known)
{
	*ret_known = operation == OPERATION_FRAME || operation == OPERATION_FRAME_ADDRESS;
	*ret = operation == OPERATION_FRAME ? cursor_sleb128(cursor) : 0;
	if (!*ret_known && (operation < OPERATION_REGISTER_0 || operation > OPERATION_REGISTER_31))
		cursor_fail(cursor, "has a place of another kind");
}

/* Places, each with a piece behind it, or one for all; a piece without a place is nowhere. */
static struct error *add_places(struct look *look, const struct dwarf_bytes *expression,
				struct frame_variable variable)
{
	struct cursor cursor = cursor_make(expression->bytes, expression->size, ".debug_loc", 0);
	uint64_t whole = variable.size;
	bool known = false;

	variable.offset = 0;
	while (cursor_left(&cursor) && !cursor.failure) {
		uint8_t operation = cursor_u8(&cursor);
		variable.size = whole;
		if (operation != OPERATION_PIECE) {
			read_place(&cursor, operation, &variable.place, &known);
			if (cursor_left(&cursor) && !cursor.failure &&
			    cursor_u8(&cursor) != OPERATION_PIECE)
				cursor_fail(&cursor, "has a place of another kind");
			else if (cursor_left(&cursor) || cursor.failure)
				variable.size = cursor_uleb128(&cursor);
		} else {
			known = false;
			variable.size = cursor_uleb128(&cursor);
		}
		if (cursor.failure || variable.offset > whole ||
		    variable.size > whole - variable.offset)
			return NULL;
		if (known && variable.size)
			TRY(frame_variable_vector_append(look->found, &variable));
		variable.offset += variable.size;
	}
	return NULL;
}

static struct dwarf_bytes read_expression(struct cursor *cursor, uint64_t size)
{
	struct cursor inner = cursor_sub(cursor, size);

	return (struct dwarf_bytes){ inner.position, cursor_left(&inner) };
}

/* .debug_loc: pairs of offsets from a base, which the pair (-1, base) sets. */
static bool find_old(const struct look *look, struct cursor *cursor, struct dwarf_bytes *ret)
{
	uint64_t base = look->code->entry;

	for (int i = 0; i < LIST_LIMIT; i++) {
		uint64_t begin = cursor_u64(cursor);
		uint64_t end = cursor_u64(cursor);
		if (cursor->failure || (!begin && !end))
			return false;
		if (begin == UINT64_MAX) {
			base = end;
			continue;
		}
		*ret = read_expression(cursor, cursor_u16(cursor));
		if (look->code->pc >= base + begin && look->code->pc < base + end)
			return !cursor->failure;
	}
	return false;
}

/* .debug_loclists: each entry begins with its kind. */
static bool find_new(const struct look *look, struct cursor *cursor, struct dwarf_bytes *ret)
{
	const struct dwarf *dwarf = look->code->debug->dwarf;
	uint64_t base = look->code->entry, begin = 0, end = 0;

	for (int i = 0; i < LIST_LIMIT && !cursor->failure; i++) {
		switch (cursor_u8(cursor)) {
		case LIST_BASE_INDEX:
			base = dwarf_address(dwarf, look->code->unit, cursor_uleb128(cursor));
			continue;
		case LIST_BASE:
			base = cursor_u64(cursor);
			continue;
		case LIST_OFFSETS:
			begin = base + cursor_uleb128(cursor);
			end = base + cursor_uleb128(cursor);
			break;
		case LIST_START_LENGTH_INDEX:
			begin = dwarf_address(dwarf, look->code->unit, cursor_uleb128(cursor));
			end = begin + cursor_uleb128(cursor);
			break;
		case LIST_START_END:
			begin = cursor_u64(cursor);
			end = cursor_u64(cursor);
			break;
		case LIST_START_LENGTH:
			begin = cursor_u64(cursor);
			end = begin + cursor_uleb128(cursor);
			break;
		default:
			return false;
		}
		*ret = read_expression(cursor, cursor_uleb128(cursor));
		if (look->code->pc >= begin && look->code->pc < end)
			return !cursor->failure;
	}
	return false;
}

/* Where the variable is at pc, if anywhere. */
static bool find_expression(const struct look *look, const struct dwarf_entry *entry,
			    struct dwarf_bytes *ret)
{
	struct dwarf_bytes lists;

	*ret = entry->location;
	if (entry->location.bytes)
		return entry->location.size > 0;
	if (entry->location_list == UINT64_MAX ||
	    !error_ignore(
		    dwarf_location_lists(look->code->debug->dwarf, look->code->unit, &lists)) ||
	    !lists.size)
		return false;
	struct cursor cursor = cursor_make(lists.bytes, lists.size, ".debug_loc", 0);
	cursor_seek(&cursor, entry->location_list);
	return look->code->unit->version >= 5 ? find_new(look, &cursor, ret)
					      : find_old(look, &cursor, ret);
}

static struct error *add_variable(struct look *look, const struct dwarf_entry *entry)
{
	struct dwarf_entry origin = *entry;
	struct dwarf_bytes expression;

	if (!find_expression(look, entry, &expression))
		return NULL;
	if (entry->origin &&
	    !variables_entry(look->variables, look->code->module, entry->origin, &origin))
		return NULL;
	struct frame_variable variable = {
		.name = origin.name,
		.type = variables_type_number(look->code->module, origin.type),
	};
	variable.size = variables_type_size(look->variables, variable.type);
	return variable.name && variable.size ? add_places(look, &expression, variable) : NULL;
}

static struct error *add_function(struct look *look, uint64_t offset)
{
	struct cursor cursor = dwarf_entries(look->code->debug->dwarf, look->code->unit, offset);
	size_t depth = 0;

	for (int i = 0; i < ENTRY_LIMIT && cursor_left(&cursor); i++) {
		struct dwarf_entry entry;
		TRY(dwarf_entry_read(look->code->debug->dwarf, look->code->unit, &cursor, &entry));
		if (entry.tag == DWARF_VARIABLE || entry.tag == DWARF_FORMAL_PARAMETER)
			TRY(add_variable(look, &entry));
		if (entry.has_children)
			depth++;
		else if (!entry.tag && depth)
			depth--;
		if (!depth)
			break;
	}
	return NULL;
}

/*
 * Where parameters that came in registers are kept while something is called: room for each is set
 * aside in front of the caller's frame. Debug information leaves that out behind the last use, though
 * what is kept alive by name (runtime.KeepAlive) stays there.
 */
static struct error *add_kept(struct look *look)
{
	_cleanup_(parameter_vector_deinit) struct parameter_vector parameters = { 0 };

	TRY(parameters_find(look->variables, look->code, &parameters));
	for (size_t i = 0; i < parameters.count; i++) {
		const struct parameter *parameter = &parameters.items[i];
		struct frame_variable variable = {
			.name = parameter->name,
			.type = parameter->type,
			.place = parameter->place,
			.size = variables_type_size(look->variables, parameter->type),
			.stale = true,
		};
		if (parameter->place != PARAMETER_NOWHERE && variable.size)
			TRY(frame_variable_vector_append(look->found, &variable));
	}
	return NULL;
}

struct error *frame_variables_find(struct variables *variables, uint64_t pc,
				   struct frame_variable_vector *ret)
{
	struct variables_code code;
	struct look look = { variables, &code, ret };
	bool found;

	TRY(variables_code_find(variables, pc, &code, &found));
	if (!found)
		return NULL;
	struct error *error = add_function(&look, code.offset);
	if (!error)
		error = add_kept(&look);
	if (error && error->code == ERROR_NO_MEMORY)
		return error;
	error_destroy(error);
	return NULL;
}

const struct frame_variable *frame_variables_at(const struct frame_variable_vector *list,
						int64_t offset, bool stale)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct frame_variable *variable = &list->items[i];
		if ((stale || !variable->stale) && offset >= variable->place &&
		    (uint64_t)offset - (uint64_t)variable->place < variable->size)
			return variable;
	}
	return NULL;
}

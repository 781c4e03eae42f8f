/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/parameters.h"

#include <string.h>

#include "binary/variables_private.h"

/*
 * For tracebacks the compiler leaves a description of each function's parameters: their places and
 * sizes, number by number, in their order. Debug information has names and types in the same order,
 * but not of all: a parameter without a name has no entry. So the two are put side by side when they
 * are as many. Of the hidden parameter that generic functions have neither tells; but the description
 * leaves out the first one of everything with type arguments in its name, hidden or not.
 */
enum {
	SHAPE_END = 0xff,
	SHAPE_OPEN = 0xfe,
	SHAPE_CLOSE = 0xfd,
	SHAPE_MORE = 0xfc,
	SHAPE_TOO_FAR = 0xfb,
	SHAPE_BYTES_MAX = 256,
};

/* A parameter takes at least a byte of the description. */
struct places {
	int64_t items[SHAPE_BYTES_MAX];
	size_t count;
};

/* Children of one function: far above what compilers make. */
enum { ENTRY_LIMIT = 1 << 18 };

/* The place of each parameter's first number; false: some are not told. */
static bool read_places(const struct variables *variables, const struct function *function,
			struct places *ret)
{
	int32_t index = variables->binary->layout.funcdata_arg_info;
	size_t size = 0, depth = 0;
	const uint8_t *shape = index >= 0 ? function_data(function, (unsigned)index, &size) : NULL;

	ret->count = 0;
	for (size_t i = 0; shape && i < MIN(size, (size_t)SHAPE_BYTES_MAX); i++) {
		uint8_t code = shape[i];
		bool number = code < SHAPE_TOO_FAR;
		if (code == SHAPE_END)
			return depth == 0;
		if (code == SHAPE_MORE && depth == 0)
			return false;
		if (code == SHAPE_CLOSE && depth == 0)
			return false;
		if (depth == 0)
			ret->items[ret->count++] = PARAMETER_NOWHERE;
		if (number && ret->items[ret->count - 1] == PARAMETER_NOWHERE)
			ret->items[ret->count - 1] = code;
		depth += code == SHAPE_OPEN;
		depth -= code == SHAPE_CLOSE;
		i += number;
	}
	return false;
}

static struct error *add_parameter(struct variables *variables, const struct variables_code *code,
				   const struct dwarf_entry *entry, struct parameter_vector *ret)
{
	struct dwarf_entry origin = *entry;

	if (entry->origin && !variables_entry(variables, code->module, entry->origin, &origin))
		return error_new(ERROR_CORRUPT, "a parameter has no description");
	if (origin.is_result)
		return NULL;
	const struct parameter parameter = {
		.name = origin.name,
		.type = variables_type_number(code->module, origin.type),
		.place = PARAMETER_NOWHERE,
	};
	return parameter_vector_append(ret, &parameter);
}

/* The children of the function's own entry: those of inlined calls lie deeper. */
static struct error *add_parameters(struct variables *variables, const struct variables_code *code,
				    struct parameter_vector *ret)
{
	struct dwarf *dwarf = code->debug->dwarf;
	struct cursor cursor = dwarf_entries(dwarf, code->unit, code->offset);
	size_t depth = 0;

	for (int i = 0; i < ENTRY_LIMIT && cursor_left(&cursor); i++) {
		struct dwarf_entry entry;
		TRY(dwarf_entry_read(dwarf, code->unit, &cursor, &entry));
		if (depth == 1 && entry.tag == DWARF_FORMAL_PARAMETER)
			TRY(add_parameter(variables, code, &entry, ret));
		if (entry.has_children)
			depth++;
		else if (!entry.tag && depth)
			depth--;
		if (!depth)
			break;
	}
	return NULL;
}

struct error *parameters_find(struct variables *variables, const struct variables_code *code,
			      struct parameter_vector *ret)
{
	size_t first = ret->count;
	struct places places;

	TRY(add_parameters(variables, code, ret));
	if (!read_places(variables, &code->function, &places))
		return NULL;
	size_t count = ret->count - first, skipped = count - places.count;
	if (skipped > (strchr(code->function.name, '[') ? 1 : 0))
		return NULL;
	for (size_t i = 0; i < places.count; i++)
		ret->items[first + skipped + i].place = places.items[i];
	return NULL;
}

struct error *parameters_of(struct variables *variables, uint64_t entry,
			    struct parameter_vector *ret)
{
	struct variables_code code;
	bool found;

	TRY(variables_code_find(variables, entry, &code, &found));
	if (!found || code.function.entry != entry)
		return NULL;
	struct error *error = parameters_find(variables, &code, ret);
	if (error && error->code == ERROR_NO_MEMORY)
		return error;
	if (!error_ignore(error))
		ret->count = 0;
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/variables_private.h"

/* The functions that debug information describes, by where they begin. */

/* Far above what compilers make. */
enum { FUNCTION_LIMIT = 1 << 22 };

static int compare_functions(const void *left, const void *right)
{
	const struct variables_function *a = left;
	const struct variables_function *b = right;

	return a->low_pc < b->low_pc ? -1 : a->low_pc > b->low_pc;
}

static struct error *add_functions(struct variables_debug *debug, struct dwarf_unit *unit)
{
	struct dwarf_walk walk = { 0 };

	for (;;) {
		struct dwarf_entry entry;
		TRY(dwarf_walk_next(debug->dwarf, unit, &walk, DWARF_SUBPROGRAM, &entry));
		if (!entry.tag)
			return NULL;
		struct variables_function function = { entry.low_pc, entry.offset };
		if (debug->functions.count >= FUNCTION_LIMIT)
			return error_new(ERROR_LIMIT, ".debug_info: has more than %d functions",
					 FUNCTION_LIMIT);
		if (entry.low_pc)
			TRY(variables_function_vector_append(&debug->functions, &function));
	}
}

/* All functions of the module by address; damage leaves out the rest. */
static struct error *index_functions(struct variables_debug *debug)
{
	struct error *error = NULL;

	if (debug->indexed)
		return NULL;
	debug->indexed = true;
	for (size_t i = 0; !error && i < debug->units.count; i++)
		error = add_functions(debug, &debug->units.items[i]);
	if (debug->functions.count)
		qsort(debug->functions.items, debug->functions.count,
		      sizeof(*debug->functions.items), compare_functions);
	if (error && error->code == ERROR_NO_MEMORY)
		return error;
	error_destroy(error);
	return NULL;
}

static const struct variables_function *find_function(const struct variables_debug *debug,
						      uint64_t entry)
{
	const struct variables_function wanted = { .low_pc = entry };

	return debug->functions.count
		       ? bsearch(&wanted, debug->functions.items, debug->functions.count,
				 sizeof(wanted), compare_functions)
		       : NULL;
}

struct error *variables_code_find(struct variables *variables, uint64_t pc,
				  struct variables_code *ret, bool *ret_found)
{
	const struct binary *binary = variables->binary;
	const struct module *module = binary_module(binary, pc);
	struct variables_code code = { 0 };

	*ret_found = false;
	if (!module || !binary_function(binary, pc, &code.function))
		return NULL;
	code.module = (size_t)(module - binary->modules);
	code.pc = pc - module->bias;
	code.entry = code.function.entry - module->bias;
	code.debug = &variables->debugs[code.module];
	TRY(index_functions(code.debug));
	const struct variables_function *found = find_function(code.debug, code.entry);
	code.unit = found ? dwarf_units_find(&code.debug->units, found->offset) : NULL;
	if (!code.unit)
		return NULL;
	code.offset = found->offset;
	*ret = code;
	*ret_found = true;
	return NULL;
}

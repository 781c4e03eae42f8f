/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_VARIABLES_PRIVATE_H
#define DOWSE_BINARY_VARIABLES_PRIVATE_H

#include "base/map.h"
#include "base/vector.h"
#include "binary/dwarf_units.h"
#include "binary/variables.h"

/* What variables*.c share. */

DEFINE_VECTOR(variable_vector, struct variable);

/* Where a function begins, in the file and in .debug_info. */
struct variables_function {
	uint64_t low_pc;
	uint64_t offset;
};

DEFINE_VECTOR(variables_function_vector, struct variables_function);

/* The debug information of one module. */
struct variables_debug {
	const struct module *module;
	struct dwarf *dwarf;                        /* NULL: it has none */
	struct dwarf_unit_vector units;             /* of Go, by offset */
	bool indexed;                               /* `functions` has them */
	struct variables_function_vector functions; /* by address */
};

struct variables {
	const struct binary *binary;
	struct variable_vector list;
	struct variables_debug *debugs; /* one a module */
	struct map descriptors;         /* a type → its descriptor, 0 where there is none */
	const char *problem;
};

/*
 * A type is its module's number, + 1, and its offset in .debug_info: no program has so much of
 * either that the two would meet.
 */
#define VARIABLES_MODULE_SHIFT 48

/* Append what .symtab has in the module's data; names lie in `elf`. Damage is no error. */
struct error *variables_add_symbols(struct variables *variables, const struct module *module,
				    struct elf *elf) must_use;

/* Append what debug information has, without sizes, and open it for variables_type_size(). */
struct error *variables_add_described(struct variables *variables, size_t module, struct elf *elf)
	must_use;

/* 0 for no type at all. */
uint64_t variables_type_number(size_t module, uint64_t offset);

/* The entry at an offset in a module's .debug_info; false when none can be read. */
bool variables_entry(struct variables *variables, size_t module, uint64_t offset,
		     struct dwarf_entry *ret);

/* A type's entry, and a cursor that stands at its children. */
struct variables_type {
	struct variables_debug *debug;
	struct dwarf_unit *unit;
	struct dwarf_entry entry;
	struct cursor children;
	size_t module;
};

/* False when there is no such type, or it is damaged. */
bool variables_describe(struct variables *variables, uint64_t type, struct variables_type *ret);

/* Of a value, bytes; 0: not known. */
uint64_t variables_type_size(struct variables *variables, uint64_t type);

/*
 * Append what has no name of its own, but to which variables in the module's data lead: by the
 * name of such a variable. The list must be in order; what is added is behind it.
 */
struct error *variables_add_unnamed(struct variables *variables, size_t module) must_use;

/* A place in a function that is described. */
struct variables_code {
	struct variables_debug *debug;
	struct dwarf_unit *unit;
	size_t module;
	uint64_t offset; /* of its entry in .debug_info */
	uint64_t pc;     /* of the file */
	uint64_t entry;  /* the same of its beginning */
	struct function function;
};

/* *ret_found is false where none is. The first call reads what all units have. */
struct error *variables_code_find(struct variables *variables, uint64_t pc,
				  struct variables_code *ret, bool *ret_found) must_use;

void variables_debug_deinit(struct variables_debug *debug);

#endif

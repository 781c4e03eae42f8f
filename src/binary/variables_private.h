/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_VARIABLES_PRIVATE_H
#define DOWSE_BINARY_VARIABLES_PRIVATE_H

#include "base/map.h"
#include "base/vector.h"
#include "binary/dwarf_entries.h"
#include "binary/variables.h"

/* What variables*.c share. */

DEFINE_VECTOR(variable_vector, struct variable);
DEFINE_VECTOR(dwarf_unit_vector, struct dwarf_unit);

/* The debug information of one module. */
struct variables_debug {
	const struct module *module;
	struct dwarf *dwarf;            /* NULL: it has none */
	struct dwarf_unit_vector units; /* of Go, by offset */
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

/* Of a value, bytes; 0: not known. */
uint64_t variables_type_size(struct variables *variables, uint64_t type);

void variables_debug_deinit(struct variables_debug *debug);

#endif

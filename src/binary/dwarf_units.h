/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_DWARF_UNITS_H
#define DOWSE_BINARY_DWARF_UNITS_H

#include "base/vector.h"
#include "binary/dwarf_entries.h"

/* The units of .debug_info that are Go's, by rising offsets. */
DEFINE_VECTOR(dwarf_unit_vector, struct dwarf_unit);

/*
 * The first of them from *offset on, which moves behind it, and its first entry. *ret_found false:
 * there are no more. What another language's unit has in it is not looked at.
 */
struct error *dwarf_units_next(struct dwarf *dwarf, uint64_t *offset, struct dwarf_unit *ret,
			       struct dwarf_entry *ret_root, bool *ret_found) must_use;

/* ERROR_LIMIT when there are too many. */
struct error *dwarf_units_append(struct dwarf_unit_vector *units, const struct dwarf_unit *unit)
	must_use;

/* The one that an offset lies in; NULL when none does. */
struct dwarf_unit *dwarf_units_find(const struct dwarf_unit_vector *units, uint64_t offset);

#endif

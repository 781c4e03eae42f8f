/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/dwarf_units.h"

enum { UNIT_LIMIT = 1 << 18 };

struct error *dwarf_units_next(struct dwarf *dwarf, uint64_t *offset, struct dwarf_unit *ret,
			       struct dwarf_entry *ret_root, bool *ret_found)
{
	while (*offset < dwarf_size(dwarf)) {
		struct dwarf_unit unit;
		struct dwarf_entry root;
		TRY(dwarf_unit_at(dwarf, *offset, &unit));
		*offset = unit.end;
		/* A C compiler's unit that cannot be read is none of our business. */
		if (!error_ignore(dwarf_unit_root(dwarf, &unit, &root)) ||
		    root.tag != DWARF_COMPILE_UNIT || root.language != DWARF_LANGUAGE_GO)
			continue;
		unit.addresses = root.addresses;
		*ret = unit;
		*ret_root = root;
		*ret_found = true;
		return NULL;
	}
	*ret_found = false;
	return NULL;
}

struct error *dwarf_units_append(struct dwarf_unit_vector *units, const struct dwarf_unit *unit)
{
	if (units->count >= UNIT_LIMIT)
		return error_new(ERROR_LIMIT, ".debug_info: has more than %d units", UNIT_LIMIT);
	return dwarf_unit_vector_append(units, unit);
}

struct dwarf_unit *dwarf_units_find(const struct dwarf_unit_vector *units, uint64_t offset)
{
	size_t low = 0;
	size_t high = units->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct dwarf_unit *unit = &units->items[middle];
		if (offset < unit->offset)
			high = middle;
		else if (offset >= unit->end)
			low = middle + 1;
		else
			return unit;
	}
	return NULL;
}

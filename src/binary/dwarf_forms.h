/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_DWARF_FORMS_H
#define DOWSE_BINARY_DWARF_FORMS_H

#include "binary/dwarf_entries.h"

/* How the values of attributes are written. */

enum { DWARF_FORM_IMPLICIT_CONST = 0x21 };

struct dwarf_bytes {
	const uint8_t *bytes;
	size_t size;
};

/* Where strings are that an entry refers to: .debug_str and .debug_line_str. */
struct dwarf_strings {
	struct dwarf_bytes strings;
	struct dwarf_bytes line_strings;
};

/* Only what types and constants are made of is kept. A reference is an offset in .debug_info. */
struct dwarf_value {
	uint64_t number;
	const char *string; /* NULL: not one, or longer than any name */
	bool is_number;
};

/* Read a value and pass over it; `constant` is that of DWARF_FORM_IMPLICIT_CONST. */
void dwarf_form_read(const struct dwarf_strings *strings, const struct dwarf_unit *unit,
		     struct cursor *cursor, uint64_t form, int64_t constant,
		     struct dwarf_value *ret);

#endif

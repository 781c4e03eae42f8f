/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_DWARF_FORMS_H
#define DOWSE_BINARY_DWARF_FORMS_H

#include "binary/dwarf_entries.h"

/* How the values of attributes are written. */

enum { DWARF_FORM_IMPLICIT_CONST = 0x21 };

/* Where strings are that an entry refers to: .debug_str and .debug_line_str. */
struct dwarf_strings {
	struct dwarf_bytes strings;
	struct dwarf_bytes line_strings;
};

/* Only what types and constants are made of is kept. A reference is an offset in .debug_info. */
struct dwarf_value {
	uint64_t number;
	const char *string;       /* NULL: not one, or longer than any name */
	struct dwarf_bytes block; /* of an expression; bytes NULL: not one */
	bool is_index;            /* `number` is one, into .debug_addr */
	bool is_number;           /* an address is none: it is in `number` all the same */
};

/* How long a value is, for those who only pass over it. */
enum dwarf_form_shape {
	DWARF_SHAPE_FIXED,
	DWARF_SHAPE_LEB128,
	DWARF_SHAPE_STRING, /* up to its NUL */
	DWARF_SHAPE_BLOCK1, /* after a byte that says how long it is */
	DWARF_SHAPE_BLOCK,  /* the same, by a LEB128 */
	DWARF_SHAPE_OTHER,  /* it must be read */
};

/* *ret_size of DWARF_SHAPE_FIXED alone; in units of 32-bit DWARF with addresses of 8 bytes. */
enum dwarf_form_shape dwarf_form_shape(uint64_t form, size_t *ret_size);

/* Read a value and pass over it; `constant` is that of DWARF_FORM_IMPLICIT_CONST. */
void dwarf_form_read(const struct dwarf_strings *strings, const struct dwarf_unit *unit,
		     struct cursor *cursor, uint64_t form, int64_t constant,
		     struct dwarf_value *ret);

#endif

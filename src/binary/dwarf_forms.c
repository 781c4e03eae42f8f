/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/dwarf_forms.h"

#include <string.h>

enum form {
	FORM_ADDR = 0x01,
	FORM_BLOCK2 = 0x03,
	FORM_BLOCK4 = 0x04,
	FORM_DATA2 = 0x05,
	FORM_DATA4 = 0x06,
	FORM_DATA8 = 0x07,
	FORM_STRING = 0x08,
	FORM_BLOCK = 0x09,
	FORM_BLOCK1 = 0x0a,
	FORM_DATA1 = 0x0b,
	FORM_FLAG = 0x0c,
	FORM_SDATA = 0x0d,
	FORM_STRP = 0x0e,
	FORM_UDATA = 0x0f,
	FORM_REF_ADDR = 0x10,
	FORM_REF1 = 0x11,
	FORM_REF2 = 0x12,
	FORM_REF4 = 0x13,
	FORM_REF8 = 0x14,
	FORM_REF_UDATA = 0x15,
	FORM_INDIRECT = 0x16,
	FORM_SEC_OFFSET = 0x17,
	FORM_EXPRLOC = 0x18,
	FORM_FLAG_PRESENT = 0x19,
	FORM_STRX = 0x1a,
	FORM_ADDRX = 0x1b,
	FORM_REF_SUP4 = 0x1c,
	FORM_STRP_SUP = 0x1d,
	FORM_DATA16 = 0x1e,
	FORM_LINE_STRP = 0x1f,
	FORM_REF_SIG8 = 0x20,
	FORM_LOCLISTX = 0x22,
	FORM_RNGLISTX = 0x23,
	FORM_REF_SUP8 = 0x24,
	FORM_STRX1 = 0x25,
	FORM_STRX2 = 0x26,
	FORM_STRX3 = 0x27,
	FORM_STRX4 = 0x28,
	FORM_ADDRX1 = 0x29,
	FORM_ADDRX2 = 0x2a,
	FORM_ADDRX3 = 0x2b,
	FORM_ADDRX4 = 0x2c,
	FORM_GNU_ADDR_INDEX = 0x1f01,
	FORM_GNU_STR_INDEX = 0x1f02,
	FORM_GNU_REF_ALT = 0x1f20,
	FORM_GNU_STRP_ALT = 0x1f21,
};

/* Nothing that is looked for has a longer name. */
enum { NAME_LIMIT = 4096 };

/* NULL for a string that is longer than any name. */
static const char *string_at(const struct dwarf_bytes *section, uint64_t offset,
			     struct cursor *cursor)
{
	if (offset >= section->size) {
		cursor_fail(cursor, "has a reference beyond the strings");
		return NULL;
	}
	const char *string = (const char *)section->bytes + offset;
	return memchr(string, 0, MIN(section->size - offset, NAME_LIMIT)) ? string : NULL;
}

static struct dwarf_bytes block_read(struct cursor *cursor, uint64_t size)
{
	struct dwarf_bytes block = { .bytes = cursor->position };

	cursor_skip(cursor, size);
	if (!cursor->failure)
		block.size = (size_t)size;
	return block;
}

/* What Go's compiler and linker write; other forms are read. */
enum dwarf_form_shape dwarf_form_shape(uint64_t form, size_t *ret_size)
{
	switch (form) {
	case FORM_STRING:
		return DWARF_SHAPE_STRING;
	case FORM_UDATA:
	case FORM_SDATA:
	case FORM_ADDRX:
	case FORM_LOCLISTX:
	case FORM_RNGLISTX:
	case FORM_REF_UDATA:
		return DWARF_SHAPE_LEB128;
	case FORM_BLOCK1:
		return DWARF_SHAPE_BLOCK1;
	case FORM_BLOCK:
	case FORM_EXPRLOC:
		return DWARF_SHAPE_BLOCK;
	case DWARF_FORM_IMPLICIT_CONST:
	case FORM_FLAG_PRESENT:
		*ret_size = 0;
		return DWARF_SHAPE_FIXED;
	case FORM_DATA1:
	case FORM_FLAG:
	case FORM_REF1:
		*ret_size = 1;
		return DWARF_SHAPE_FIXED;
	case FORM_DATA2:
	case FORM_REF2:
		*ret_size = 2;
		return DWARF_SHAPE_FIXED;
	case FORM_DATA4:
	case FORM_REF4:
	case FORM_REF_ADDR:
	case FORM_SEC_OFFSET:
	case FORM_STRP:
	case FORM_LINE_STRP:
		*ret_size = 4;
		return DWARF_SHAPE_FIXED;
	case FORM_ADDR:
	case FORM_DATA8:
	case FORM_REF8:
		*ret_size = 8;
		return DWARF_SHAPE_FIXED;
	default:
		return DWARF_SHAPE_OTHER;
	}
}

/*
 * One long switch: it is the table of forms of the standard, and what it does for each is a line.
 * Strings by index (split DWARF, clang) are stepped over: Go has none.
 */
void dwarf_form_read(const struct dwarf_strings *strings, const struct dwarf_unit *unit,
		     struct cursor *cursor, uint64_t form, int64_t constant,
		     struct dwarf_value *ret)
{
	*ret = (struct dwarf_value){ .is_number = true };
	if (form == FORM_INDIRECT) {
		form = cursor_uleb128(cursor);
		if (form == FORM_INDIRECT || form == DWARF_FORM_IMPLICIT_CONST) {
			cursor_fail(cursor, "has an indirect form within a form");
			return;
		}
	}
	switch (form) {
	case FORM_STRING:
		ret->string = cursor_string(cursor);
		ret->is_number = false;
		return;
	case FORM_STRP:
		ret->string = string_at(&strings->strings,
					cursor_unsigned(cursor, unit->offset_size), cursor);
		ret->is_number = false;
		return;
	case FORM_LINE_STRP:
		ret->string = string_at(&strings->line_strings,
					cursor_unsigned(cursor, unit->offset_size), cursor);
		ret->is_number = false;
		return;
	case FORM_UDATA:
		ret->number = cursor_uleb128(cursor);
		return;
	case FORM_SDATA:
		ret->number = (uint64_t)cursor_sleb128(cursor);
		return;
	case DWARF_FORM_IMPLICIT_CONST:
		ret->number = (uint64_t)constant;
		return;
	case FORM_FLAG_PRESENT:
		ret->number = 1;
		return;
	case FORM_DATA1:
	case FORM_FLAG:
		ret->number = cursor_u8(cursor);
		return;
	case FORM_DATA2:
		ret->number = cursor_u16(cursor);
		return;
	case FORM_DATA4:
		ret->number = cursor_u32(cursor);
		return;
	case FORM_DATA8:
		ret->number = cursor_u64(cursor);
		return;
	case FORM_REF_ADDR:
	case FORM_SEC_OFFSET:
		ret->number = cursor_unsigned(cursor, unit->offset_size);
		return;
	case FORM_REF1:
		ret->number = unit->offset + cursor_u8(cursor);
		return;
	case FORM_REF2:
		ret->number = unit->offset + cursor_u16(cursor);
		return;
	case FORM_REF4:
		ret->number = unit->offset + cursor_u32(cursor);
		return;
	case FORM_REF8:
		ret->number = unit->offset + cursor_u64(cursor);
		return;
	case FORM_REF_UDATA:
		ret->number = unit->offset + cursor_uleb128(cursor);
		return;
	}

	ret->is_number = false;
	switch (form) {
	case FORM_ADDR:
		if (unit->address_size == sizeof(uint64_t))
			ret->number = cursor_u64(cursor);
		else
			cursor_skip(cursor, unit->address_size);
		return;
	case FORM_BLOCK1:
		ret->block = block_read(cursor, cursor_u8(cursor));
		return;
	case FORM_BLOCK2:
		ret->block = block_read(cursor, cursor_u16(cursor));
		return;
	case FORM_BLOCK4:
		ret->block = block_read(cursor, cursor_u32(cursor));
		return;
	case FORM_BLOCK:
	case FORM_EXPRLOC:
		ret->block = block_read(cursor, cursor_uleb128(cursor));
		return;
	case FORM_ADDRX:
		ret->number = cursor_uleb128(cursor);
		ret->is_index = true;
		return;
	case FORM_STRX:
	case FORM_LOCLISTX:
	case FORM_RNGLISTX:
	case FORM_GNU_ADDR_INDEX:
	case FORM_GNU_STR_INDEX:
		cursor_uleb128(cursor);
		return;
	case FORM_STRX1:
	case FORM_ADDRX1:
		cursor_skip(cursor, 1);
		return;
	case FORM_STRX2:
	case FORM_ADDRX2:
		cursor_skip(cursor, 2);
		return;
	case FORM_STRX3:
	case FORM_ADDRX3:
		cursor_skip(cursor, 3);
		return;
	case FORM_STRX4:
	case FORM_ADDRX4:
	case FORM_REF_SUP4:
		cursor_skip(cursor, 4);
		return;
	case FORM_REF_SIG8:
	case FORM_REF_SUP8:
		cursor_skip(cursor, 8);
		return;
	case FORM_DATA16:
		cursor_skip(cursor, 16);
		return;
	case FORM_STRP_SUP:
	case FORM_GNU_REF_ALT:
	case FORM_GNU_STRP_ALT:
		cursor_skip(cursor, unit->offset_size);
		return;
	}
	cursor_fail(cursor, "has an attribute of unknown form");
}

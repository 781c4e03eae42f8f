/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/dwarf_entries.h"

#include <string.h>

#include "base/vector.h"
#include "binary/dwarf_forms.h"

enum {
	ATTRIBUTE_LOCATION = 0x02,
	ATTRIBUTE_NAME = 0x03,
	ATTRIBUTE_BYTE_SIZE = 0x0b,
	ATTRIBUTE_LOW_PC = 0x11,
	ATTRIBUTE_LANGUAGE = 0x13,
	ATTRIBUTE_CONST_VALUE = 0x1c,
	ATTRIBUTE_ABSTRACT_ORIGIN = 0x31,
	ATTRIBUTE_COUNT = 0x37,
	ATTRIBUTE_DATA_MEMBER_LOCATION = 0x38,
	ATTRIBUTE_TYPE = 0x49,
	ATTRIBUTE_VARIABLE_PARAMETER = 0x4b,
	ATTRIBUTE_ADDRESSES = 0x73,
	ATTRIBUTE_GO_KIND = 0x2900,
	ATTRIBUTE_GO_KEY = 0x2901,
	ATTRIBUTE_GO_ELEMENT = 0x2902,
	ATTRIBUTE_GO_RUNTIME_TYPE = 0x2904,
};

enum { OPERATION_ADDRESS = 0x03 };

enum {
	UNIT_COMPILE = 1,
	UNIT_PARTIAL = 3,
	UNIT_SKELETON = 4,
	UNIT_SPLIT_COMPILE = 5,
	UNIT_TYPE = 2,
	UNIT_SPLIT_TYPE = 6,
};

/*
 * Far above what compilers make: Go has about 50 codes in one table. Every attribute of a table that
 * is read counts, however often it is read, so that no file costs more than a moment.
 */
enum { CODE_LIMIT = 4096, TABLE_LIMIT = 256, ATTRIBUTE_LIMIT = 1 << 24 };

struct attribute {
	uint16_t name; /* 0: a name that is of no interest */
	uint16_t form;
	int64_t constant; /* of DWARF_FORM_IMPLICIT_CONST */
};

DEFINE_VECTOR(attribute_vector, struct attribute);

/* How to pass over values: so many bytes, then one value whose length it says itself. */
struct step {
	uint32_t bytes;
	enum dwarf_form_shape then; /* DWARF_SHAPE_FIXED: nothing */
};

DEFINE_VECTOR(step_vector, struct step);

struct abbreviation {
	uint32_t tag; /* 0: no such code */
	bool has_children;
	bool must_read; /* has values that no step can pass over */
	uint32_t first; /* in `attributes` */
	uint32_t count;
	uint32_t first_step; /* in `steps` */
	uint32_t step_count;
};

DEFINE_VECTOR(abbreviation_vector, struct abbreviation);

struct dwarf_abbreviations {
	uint64_t offset;
	struct attribute_vector attributes;
	struct abbreviation_vector codes; /* by code */
	struct step_vector steps;
	struct dwarf_abbreviations *next;
};

struct dwarf {
	struct elf *elf;
	struct dwarf_bytes info;
	struct dwarf_bytes abbreviations;
	struct dwarf_strings strings;
	struct dwarf_bytes addresses;
	struct dwarf_bytes location_lists[2]; /* of version 4, of version 5, once asked for */
	struct dwarf_abbreviations *tables;   /* newest first; Go's own units share one */
	size_t table_count;
	size_t attributes_read; /* of tables */
	uint64_t values_read;   /* of entries */
	uint64_t values_limit;
};

static struct error *section_load(struct elf *elf, const char *name, struct dwarf_bytes *ret)
{
	const struct elf_section *section = elf_find_section(elf, name);

	if (!section)
		return NULL;
	return elf_section_bytes(elf, section, &ret->bytes, &ret->size);
}

struct error *dwarf_open(struct elf *elf, struct dwarf **ret)
{
	_cleanup_(dwarf_cleanup) struct dwarf *dwarf = calloc(1, sizeof(*dwarf));

	if (!dwarf)
		return error_no_memory();
	dwarf->elf = elf;
	TRY(section_load(elf, ".debug_info", &dwarf->info));
	TRY(section_load(elf, ".debug_abbrev", &dwarf->abbreviations));
	if (!dwarf->info.size || !dwarf->abbreviations.size)
		return error_new(ERROR_NOT_FOUND, "%s has no debug information", elf_name(elf));
	/*
	 * A value has a byte, as a rule; some have none. The rest is for entries that are read
	 * again when a path is followed.
	 */
	dwarf->values_limit = 2 * (uint64_t)dwarf->info.size + 100 * 1000 * 1000;
	TRY(section_load(elf, ".debug_str", &dwarf->strings.strings));
	TRY(section_load(elf, ".debug_line_str", &dwarf->strings.line_strings));
	TRY(section_load(elf, ".debug_addr", &dwarf->addresses));
	*ret = TAKE_PTR(dwarf);
	return NULL;
}

static void abbreviations_destroy(struct dwarf_abbreviations *table)
{
	if (!table)
		return;
	attribute_vector_deinit(&table->attributes);
	abbreviation_vector_deinit(&table->codes);
	step_vector_deinit(&table->steps);
	free(table);
}

static void abbreviations_cleanup(struct dwarf_abbreviations **table)
{
	abbreviations_destroy(*table);
}

void dwarf_destroy(struct dwarf *dwarf)
{
	if (!dwarf)
		return;
	while (dwarf->tables) {
		struct dwarf_abbreviations *table = dwarf->tables;
		dwarf->tables = table->next;
		abbreviations_destroy(table);
	}
	free(dwarf);
}

struct error *dwarf_location_lists(struct dwarf *dwarf, const struct dwarf_unit *unit,
				   struct dwarf_bytes *ret)
{
	bool newer = unit->version >= 5;
	struct dwarf_bytes *lists = &dwarf->location_lists[newer];

	if (!lists->bytes)
		TRY(section_load(dwarf->elf, newer ? ".debug_loclists" : ".debug_loc", lists));
	*ret = *lists;
	return NULL;
}

uint64_t dwarf_address(const struct dwarf *dwarf, const struct dwarf_unit *unit, uint64_t index)
{
	const struct dwarf_bytes *addresses = &dwarf->addresses;
	uint64_t address;

	if (unit->addresses > addresses->size ||
	    index >= (addresses->size - unit->addresses) / sizeof(address))
		return 0;
	memcpy(&address, addresses->bytes + unit->addresses + index * sizeof(address),
	       sizeof(address));
	return address;
}

uint64_t dwarf_size(const struct dwarf *dwarf)
{
	return dwarf->info.size;
}

struct error *dwarf_unit_at(struct dwarf *dwarf, uint64_t offset, struct dwarf_unit *ret)
{
	struct cursor cursor = cursor_make(dwarf->info.bytes, dwarf->info.size, ".debug_info", 0);
	struct dwarf_unit unit = { .offset = offset, .offset_size = 4 };

	cursor_seek(&cursor, offset);
	uint64_t length = cursor_u32(&cursor);
	if (length == UINT32_MAX) {
		unit.offset_size = 8;
		length = cursor_u64(&cursor);
	}
	uint64_t begin = cursor_offset(&cursor);
	struct cursor rest = cursor_sub(&cursor, length);
	unit.end = begin + length;
	unit.version = cursor_u16(&rest);
	if (unit.version == 4) {
		unit.abbreviations_offset = cursor_unsigned(&rest, unit.offset_size);
		unit.address_size = cursor_u8(&rest);
	} else if (unit.version == 5) {
		uint8_t type = cursor_u8(&rest);
		unit.address_size = cursor_u8(&rest);
		unit.abbreviations_offset = cursor_unsigned(&rest, unit.offset_size);
		if (type == UNIT_SKELETON || type == UNIT_SPLIT_COMPILE)
			cursor_skip(&rest, 8);
		else if (type == UNIT_TYPE || type == UNIT_SPLIT_TYPE)
			cursor_skip(&rest, 8 + (uint64_t)unit.offset_size);
		else if (type != UNIT_COMPILE && type != UNIT_PARTIAL)
			cursor_fail(&rest, "has a unit of unknown type");
	} else if (!rest.failure && (unit.version < 2 || unit.version > 5)) {
		cursor_fail(&rest, "has a unit of unknown version");
	} else {
		/* DWARF 2 and 3 of some C compiler: no entries for us. */
		cursor_skip(&rest, cursor_left(&rest));
	}
	TRY(cursor_check(&rest));
	unit.entries = cursor_offset(&rest);
	*ret = unit;
	return NULL;
}

/* Attributes up to the pair of zeroes that ends them. */
static struct error *attributes_read(struct dwarf *dwarf, struct cursor *cursor,
				     struct attribute_vector *attributes)
{
	for (;;) {
		uint64_t name = cursor_uleb128(cursor);
		uint64_t form = cursor_uleb128(cursor);
		int64_t constant = form == DWARF_FORM_IMPLICIT_CONST ? cursor_sleb128(cursor) : 0;
		if (form > UINT16_MAX || dwarf->attributes_read++ >= ATTRIBUTE_LIMIT)
			cursor_fail(cursor, "has attributes beyond all measure");
		TRY(cursor_check(cursor));
		if (!name && !form)
			return NULL;
		struct attribute attribute = {
			.name = name <= UINT16_MAX ? (uint16_t)name : 0,
			.form = (uint16_t)form,
			.constant = constant,
		};
		TRY(attribute_vector_append(attributes, &attribute));
	}
}

/* The steps over all the values of an abbreviation whose attributes are the table's last. */
static struct error *steps_make(struct dwarf_abbreviations *table, struct abbreviation *ret)
{
	struct step step = { 0 };

	ret->first_step = (uint32_t)table->steps.count;
	for (uint32_t i = 0; i < ret->count; i++) {
		size_t size = 0;
		step.then = dwarf_form_shape(table->attributes.items[ret->first + i].form, &size);
		step.bytes += (uint32_t)size;
		if (step.then == DWARF_SHAPE_OTHER)
			ret->must_read = true;
		if (step.then == DWARF_SHAPE_FIXED)
			continue;
		TRY(step_vector_append(&table->steps, &step));
		step = (struct step){ 0 };
	}
	if (step.bytes)
		TRY(step_vector_append(&table->steps, &step));
	ret->step_count = (uint32_t)table->steps.count - ret->first_step;
	return NULL;
}

/* One abbreviation; its code is 0 at the end of the table. */
static struct error *abbreviation_read(struct dwarf *dwarf, struct cursor *cursor,
				       struct dwarf_abbreviations *table, uint64_t *ret_code)
{
	uint64_t code = cursor_uleb128(cursor);

	if (code) {
		struct abbreviation abbreviation = { .first = (uint32_t)table->attributes.count };
		uint64_t tag = cursor_uleb128(cursor);
		abbreviation.tag = (uint32_t)MIN(tag, UINT32_MAX);
		abbreviation.has_children = cursor_u8(cursor) != 0;
		if (code >= CODE_LIMIT || !abbreviation.tag)
			cursor_fail(cursor, "has an abbreviation beyond all measure");
		TRY(attributes_read(dwarf, cursor, &table->attributes));
		abbreviation.count = (uint32_t)table->attributes.count - abbreviation.first;
		TRY(steps_make(table, &abbreviation));
		while (table->codes.count <= code) {
			TRY(abbreviation_vector_append(&table->codes, &(struct abbreviation){ 0 }));
			dwarf->attributes_read++;
		}
		table->codes.items[code] = abbreviation;
	}
	TRY(cursor_check(cursor));
	*ret_code = code;
	return NULL;
}

/* The table at an offset; only as far as `last`, if that code is there. */
static struct error *abbreviations_read(struct dwarf *dwarf, uint64_t offset, uint64_t last,
					struct dwarf_abbreviations **ret)
{
	struct cursor cursor = cursor_make(dwarf->abbreviations.bytes, dwarf->abbreviations.size,
					   ".debug_abbrev", 0);
	_cleanup_(abbreviations_cleanup) struct dwarf_abbreviations *table = calloc(1,
										    sizeof(*table));

	if (!table)
		return error_no_memory();
	table->offset = offset;
	cursor_seek(&cursor, offset);
	uint64_t code;
	do {
		TRY(abbreviation_read(dwarf, &cursor, table, &code));
	} while (code && code != last);
	*ret = TAKE_PTR(table);
	return NULL;
}

static const struct dwarf_abbreviations *abbreviations_find(const struct dwarf *dwarf,
							    uint64_t offset)
{
	for (const struct dwarf_abbreviations *table = dwarf->tables; table; table = table->next) {
		if (table->offset == offset)
			return table;
	}
	return NULL;
}

static struct error *abbreviations_get(struct dwarf *dwarf, struct dwarf_unit *unit)
{
	unit->abbreviations = abbreviations_find(dwarf, unit->abbreviations_offset);
	if (unit->abbreviations)
		return NULL;
	if (dwarf->table_count >= TABLE_LIMIT)
		return error_new(ERROR_LIMIT, ".debug_abbrev: has more than %d tables in use",
				 TABLE_LIMIT);

	struct dwarf_abbreviations *table;
	TRY(abbreviations_read(dwarf, unit->abbreviations_offset, 0, &table));
	table->next = dwarf->tables;
	dwarf->tables = table;
	dwarf->table_count++;
	unit->abbreviations = table;
	return NULL;
}

struct cursor dwarf_entries(const struct dwarf *dwarf, const struct dwarf_unit *unit,
			    uint64_t offset)
{
	struct cursor cursor = cursor_make(dwarf->info.bytes + unit->offset,
					   (size_t)(unit->end - unit->offset), ".debug_info",
					   unit->offset);

	if (offset < unit->entries)
		cursor_fail(&cursor, "has a reference out of its unit");
	else
		cursor_seek(&cursor, offset - unit->offset);
	return cursor;
}

/* An expression that is one fixed address; 0 for any other. */
static uint64_t location_address(const struct dwarf_bytes *expression)
{
	uint64_t address;

	if (expression->size != 1 + sizeof(address) || expression->bytes[0] != OPERATION_ADDRESS)
		return 0;
	memcpy(&address, expression->bytes + 1, sizeof(address));
	return address;
}

static void entry_note(const struct dwarf *dwarf, const struct dwarf_unit *unit,
		       struct dwarf_entry *entry, uint16_t name, const struct dwarf_value *value)
{
	switch (name) {
	case ATTRIBUTE_NAME:
		entry->name = value->string;
		return;
	case ATTRIBUTE_LOCATION:
		entry->address = location_address(&value->block);
		entry->location = value->block;
		if (value->is_number)
			entry->location_list = value->number;
		return;
	case ATTRIBUTE_LOW_PC:
		entry->low_pc = value->is_index ? dwarf_address(dwarf, unit, value->number)
						: value->number;
		return;
	case ATTRIBUTE_GO_RUNTIME_TYPE:
		entry->runtime_type = value->number;
		return;
	}
	if (!value->is_number)
		return;
	switch (name) {
	case ATTRIBUTE_TYPE:
		entry->type = value->number;
		return;
	case ATTRIBUTE_VARIABLE_PARAMETER:
		entry->is_result = value->number != 0;
		return;
	case ATTRIBUTE_BYTE_SIZE:
		entry->byte_size = (int64_t)value->number;
		return;
	case ATTRIBUTE_DATA_MEMBER_LOCATION:
		entry->member_offset = (int64_t)value->number;
		return;
	case ATTRIBUTE_COUNT:
		entry->count = (int64_t)value->number;
		return;
	case ATTRIBUTE_LANGUAGE:
		entry->language = (int64_t)value->number;
		return;
	case ATTRIBUTE_CONST_VALUE:
		entry->value = (int64_t)value->number;
		entry->has_value = true;
		return;
	case ATTRIBUTE_ABSTRACT_ORIGIN:
		entry->origin = value->number;
		return;
	case ATTRIBUTE_ADDRESSES:
		entry->addresses = value->number;
		return;
	case ATTRIBUTE_GO_KIND:
		entry->kind = (int64_t)value->number;
		return;
	case ATTRIBUTE_GO_ELEMENT:
		entry->element = value->number;
		return;
	case ATTRIBUTE_GO_KEY:
		entry->key = value->number;
		return;
	}
}

static struct error *entry_read(struct dwarf *dwarf, const struct dwarf_unit *unit,
				const struct dwarf_abbreviations *table, struct cursor *cursor,
				struct dwarf_entry *ret)
{
	struct dwarf_entry entry = {
		.offset = cursor_offset(cursor),
		.byte_size = -1,
		.member_offset = -1,
		.count = -1,
		.language = -1,
		.location_list = UINT64_MAX,
	};
	uint64_t code = cursor_uleb128(cursor);
	if (code) {
		if (code >= table->codes.count || !table->codes.items[code].tag) {
			cursor_fail(cursor, "has an entry with an unknown abbreviation");
			return cursor_check(cursor);
		}
		const struct abbreviation *abbreviation = &table->codes.items[code];
		dwarf->values_read += abbreviation->count;
		if (dwarf->values_read > dwarf->values_limit)
			return error_new(ERROR_LIMIT, ".debug_info: has values beyond all measure");
		entry.tag = abbreviation->tag;
		entry.has_children = abbreviation->has_children;
		for (uint32_t i = 0; i < abbreviation->count && !cursor->failure; i++) {
			const struct attribute *attribute =
				&table->attributes.items[abbreviation->first + i];
			struct dwarf_value value;
			dwarf_form_read(&dwarf->strings, unit, cursor, attribute->form,
					attribute->constant, &value);
			entry_note(dwarf, unit, &entry, attribute->name, &value);
		}
	}
	TRY(cursor_check(cursor));
	*ret = entry;
	return NULL;
}

struct error *dwarf_entry_read(struct dwarf *dwarf, struct dwarf_unit *unit, struct cursor *cursor,
			       struct dwarf_entry *ret)
{
	if (!unit->abbreviations)
		TRY(abbreviations_get(dwarf, unit));
	return entry_read(dwarf, unit, unit->abbreviations, cursor, ret);
}

static const uint8_t *pass_leb128(const uint8_t *at, const uint8_t *end, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned shift = 0; at < end; shift += 7) {
		if (shift < 64)
			value |= (uint64_t)(*at & 0x7f) << shift;
		if (!(*at++ & 0x80)) {
			*ret = value;
			return at;
		}
	}
	return NULL;
}

/* NULL where the values would pass the end. Every step but the last takes at least one byte. */
static const uint8_t *pass_values(const struct dwarf_abbreviations *table,
				  const struct abbreviation *abbreviation, const uint8_t *at,
				  const uint8_t *end)
{
	for (uint32_t i = 0; at && i < abbreviation->step_count; i++) {
		const struct step *step = &table->steps.items[abbreviation->first_step + i];
		uint64_t size = 0;
		if (step->bytes > (size_t)(end - at))
			return NULL;
		at += step->bytes;
		if (step->then == DWARF_SHAPE_FIXED)
			continue;
		if (step->then == DWARF_SHAPE_STRING) {
			at = memchr(at, 0, (size_t)(end - at));
			at = at ? at + 1 : NULL;
			continue;
		}
		if (step->then == DWARF_SHAPE_BLOCK1 && at < end)
			size = *at++;
		else
			at = pass_leb128(at, end, &size);
		if (step->then == DWARF_SHAPE_LEB128)
			continue;
		if (!at || size > (size_t)(end - at))
			return NULL;
		at += size;
	}
	return at;
}

/* Stop at an entry that must be read: it is wanted, or no steps lead over it. */
static void walk_quickly(const struct dwarf_unit *unit, uint32_t tag, struct dwarf_walk *walk,
			 struct cursor *cursor)
{
	const struct dwarf_abbreviations *table = unit->abbreviations;
	bool usual = unit->offset_size == 4 && unit->address_size == sizeof(uint64_t);
	const uint8_t *at = cursor->position;

	while (at < cursor->end) {
		uint64_t code;
		cursor->position = at;
		at = pass_leb128(at, cursor->end, &code);
		if (!at || code >= table->codes.count)
			break;
		if (!code) {
			if (walk->depth <= 1)
				break;
			walk->depth--;
			continue;
		}
		const struct abbreviation *abbreviation = &table->codes.items[code];
		if (!abbreviation->tag || abbreviation->must_read || !usual ||
		    (walk->depth == 1 && abbreviation->tag == tag))
			return;
		at = pass_values(table, abbreviation, at, cursor->end);
		if (!at)
			break;
		walk->depth += abbreviation->has_children;
	}
	/* The end, or damage, or no child at all: reading tells. */
	if (at && at == cursor->end)
		cursor->position = at;
}

struct error *dwarf_walk_next(struct dwarf *dwarf, struct dwarf_unit *unit, struct dwarf_walk *walk,
			      uint32_t tag, struct dwarf_entry *ret)
{
	if (!unit->abbreviations)
		TRY(abbreviations_get(dwarf, unit));
	struct cursor cursor = dwarf_entries(dwarf, unit,
					     walk->offset ? walk->offset : unit->entries);
	struct dwarf_entry entry = { 0 };
	while (cursor_left(&cursor)) {
		walk_quickly(unit, tag, walk, &cursor);
		if (!cursor_left(&cursor))
			break;
		bool child = walk->depth == 1;
		TRY(entry_read(dwarf, unit, unit->abbreviations, &cursor, &entry));
		walk->offset = cursor_offset(&cursor);
		walk->depth += entry.has_children;
		if (child && entry.tag == tag) {
			*ret = entry;
			return NULL;
		}
		if (!entry.tag && walk->depth <= 1)
			break;
		walk->depth -= !entry.tag;
	}
	walk->offset = unit->end;
	*ret = (struct dwarf_entry){ .offset = unit->end };
	return NULL;
}

struct error *dwarf_unit_root(struct dwarf *dwarf, const struct dwarf_unit *unit,
			      struct dwarf_entry *ret)
{
	if (unit->entries == unit->end) {
		*ret = (struct dwarf_entry){ .offset = unit->end, .language = -1 };
		return NULL;
	}
	struct cursor cursor = dwarf_entries(dwarf, unit, unit->entries);
	const struct dwarf_abbreviations *known = abbreviations_find(dwarf,
								     unit->abbreviations_offset);
	if (known)
		return entry_read(dwarf, unit, known, &cursor, ret);

	struct cursor peek = cursor;
	uint64_t code = cursor_uleb128(&peek);
	_cleanup_(abbreviations_cleanup) struct dwarf_abbreviations *table = NULL;
	TRY(abbreviations_read(dwarf, unit->abbreviations_offset, code, &table));
	return entry_read(dwarf, unit, table, &cursor, ret);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/pclntab_private.h"

#include <assert.h>

#include "base/cursor.h"
#include "base/hash.h"

/*
 *	header     72 bytes: magic, numbers of functions and files, offsets of what follows
 *	names      NUL-terminated, shared
 *	units      per compilation unit: file number -> offset into files
 *	files      NUL-terminated
 *	values     tables by pc: pairs of varints, (value difference, pc difference)
 *	functions  functab: (entry, record) by rising entry, the last entry alone is the end;
 *	           then the records, each followed by its pcdata and funcdata offsets
 *
 * Records of 1.18 and 1.19 have 40 bytes; 1.20 put the start line before the last four.
 */
#define MAGIC_1_18         0xfffffff0u
#define MAGIC_1_20         0xfffffff1u
#define HEADER_SIZE        72
#define FUNCTAB_ENTRY_SIZE 8
#define RECORD_SIZE_1_18   40
#define RECORD_SIZE_1_20   44
#define NO_FUNCDATA        UINT32_MAX

/* A varint has 5 bytes at most; a pc may repeat a few times, not for ever. */
#define VARINT_BYTES_MAX 5
#define STANDSTILLS_MAX  16

static size_t record_size(const struct pclntab *table)
{
	return table->old ? RECORD_SIZE_1_18 : RECORD_SIZE_1_20;
}

static struct error *read_header(struct pclntab *table)
{
	const struct pclntab_options *options = &table->options;
	struct cursor cursor = cursor_make(options->bytes, options->size, options->name,
					   options->address);
	uint32_t magic = cursor_u32(&cursor);
	uint16_t padding = cursor_u16(&cursor);
	table->quantum = cursor_u8(&cursor);
	uint8_t pointer_size = cursor_u8(&cursor);
	uint64_t function_count = cursor_u64(&cursor);
	cursor_skip(&cursor, 8 + 8); /* number of files, start of text up to 1.25 */
	table->names = cursor_u64(&cursor);
	table->units = cursor_u64(&cursor);
	table->files = cursor_u64(&cursor);
	table->values = cursor_u64(&cursor);
	table->functions = cursor_u64(&cursor);
	TRY(cursor_check(&cursor));

	if (magic != MAGIC_1_18 && magic != MAGIC_1_20)
		return error_new(ERROR_UNSUPPORTED, "%s: has an unknown table of functions (%#x)",
				 options->name, magic);
	table->old = magic == MAGIC_1_18;
	if (padding != 0 || pointer_size != 8 ||
	    (table->quantum != 1 && table->quantum != 2 && table->quantum != 4))
		cursor_fail(&cursor, "has a damaged table of functions");
	if (table->names < HEADER_SIZE || table->units < table->names ||
	    table->files < table->units || table->values < table->files ||
	    table->functions < table->values || table->functions > options->size)
		cursor_fail(&cursor, "has a table of functions whose parts do not fit");
	else if (function_count == 0 ||
		 function_count >= (options->size - table->functions) / FUNCTAB_ENTRY_SIZE)
		cursor_fail(&cursor, "has a table with more functions than bytes");
	table->function_count = (size_t)function_count;
	return cursor_check(&cursor);
}

static struct error *copy_text_sections(struct pclntab *table)
{
	size_t count = table->options.text_section_count;
	if (count < 2) { /* one piece needs no map */
		table->options.text_section_count = 0;
		return NULL;
	}
	table->text_sections = calloc(count, sizeof(*table->text_sections));
	if (!table->text_sections)
		return error_no_memory();
	memcpy(table->text_sections, table->options.text_sections,
	       count * sizeof(*table->text_sections));
	return NULL;
}

struct error *pclntab_open(const struct pclntab_options *options, struct pclntab **ret)
{
	_cleanup_(pclntab_cleanup) struct pclntab *table = calloc(1, sizeof(*table));
	if (!table)
		return error_no_memory();
	table->options = *options;
	table->found = calloc(1, sizeof(*table->found));
	if (!table->found)
		return error_no_memory();
	TRY(read_header(table));
	TRY(copy_text_sections(table));
	*ret = TAKE_PTR(table);
	return NULL;
}

void pclntab_destroy(struct pclntab *table)
{
	if (!table)
		return;
	if (table->found)
		map_deinit(&table->found->by_hash);
	free(table->found);
	free(table->text_sections);
	free(table);
}

/*
 * Functions are numbered by their offset in the text as the Go linker saw it; where gcc or a size
 * limit split the text, its pieces moved.
 */
static uint64_t address_of(const struct pclntab *table, uint32_t offset)
{
	size_t count = table->options.text_section_count;
	for (size_t i = 0; i < count; i++) {
		const struct pclntab_text_section *section = &table->text_sections[i];
		/* The end of the last piece ends the table, too. */
		uint64_t end = section->end + (i == count - 1);
		if (offset >= section->offset && offset < end)
			return section->base + (offset - section->offset);
	}
	return table->options.text + offset;
}

/* The reverse; false for a pc between two pieces. */
static bool offset_of(const struct pclntab *table, uint64_t pc, uint32_t *ret)
{
	uint64_t offset = pc - table->options.text;
	size_t count = table->options.text_section_count;
	for (size_t i = 0; i < count; i++) {
		const struct pclntab_text_section *section = &table->text_sections[i];
		if (pc < section->base)
			return false;
		if (pc - section->base < section->end - section->offset) {
			offset = pc - section->base + section->offset;
			break;
		}
	}
	if (offset > UINT32_MAX)
		return false;
	*ret = (uint32_t)offset;
	return true;
}

static uint32_t entry_offset(const struct pclntab *table, size_t index)
{
	return pclntab_u32(table, table->functions + index * FUNCTAB_ENTRY_SIZE);
}

size_t pclntab_function_count(const struct pclntab *table)
{
	return table->function_count;
}

const char *pclntab_string(const struct pclntab *table, uint64_t part, uint32_t offset)
{
	uint64_t start = part + offset;
	if (start >= table->options.size)
		return NULL;
	const char *string = (const char *)table->options.bytes + start;
	return memchr(string, 0, table->options.size - (size_t)start) ? string : NULL;
}

/* Offset of a function's record from the table's first byte; 0 when it is damaged. */
static uint32_t record_at(const struct pclntab *table, size_t index)
{
	uint64_t slot = table->functions + index * FUNCTAB_ENTRY_SIZE;
	uint64_t record = table->functions + pclntab_u32(table, slot + 4);
	if (record > UINT32_MAX || !pclntab_has(table, record, record_size(table)))
		return 0;
	return (uint32_t)record;
}

bool pclntab_function_at(const struct pclntab *table, size_t index, struct function *ret)
{
	if (index >= table->function_count)
		return false;
	uint32_t record = record_at(table, index);
	if (!record)
		return false;

	struct function function = { .table = table, .record = record };
	function.name = pclntab_string(table, table->names,
				       function_member(&function, FUNCTION_NAME));
	if (!function.name)
		return false;
	function.entry = address_of(table, entry_offset(table, index));
	function.end = address_of(table, entry_offset(table, index + 1));
	if (function.end < function.entry)
		return false;
	if (!table->old)
		function.start_line = (int32_t)function_member(&function, FUNCTION_START_LINE);
	const uint8_t *tail = table->options.bytes + record + record_size(table) - 4;
	function.func_id = tail[0];
	function.flags = tail[1];
	*ret = function;
	return true;
}

bool pclntab_find(const struct pclntab *table, uint64_t pc, struct function *ret)
{
	uint32_t offset = 0;
	if (pc < table->options.text || !offset_of(table, pc, &offset))
		return false;
	if (offset < entry_offset(table, 0) || offset >= entry_offset(table, table->function_count))
		return false;
	/* entry[low] <= offset < entry[high]: also when a hostile table is not sorted. */
	size_t low = 0, high = table->function_count;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (entry_offset(table, middle) <= offset)
			low = middle;
		else
			high = middle;
	}
	return pclntab_function_at(table, low, ret);
}

static uint64_t name_hash(const char *name)
{
	uint64_t hash = hash_bytes(name, strlen(name));
	return hash == UINT64_MAX ? 0 : hash;
}

/* Walk on from where the last search stopped, up to the function of that name. */
static struct error *walk_to_name(const struct pclntab *table, const char *name,
				  struct function *ret, bool *ret_found)
{
	struct pclntab_names *found = table->found;
	while (found->walked < table->function_count) {
		struct function function;
		size_t index = found->walked;
		bool good = pclntab_function_at(table, index, &function);
		if (good) {
			struct map_slot *slot = NULL;
			TRY(map_insert(&found->by_hash, name_hash(function.name), index, &slot));
		}
		found->walked = index + 1;
		if (good && strcmp(function.name, name) == 0) {
			*ret = function;
			*ret_found = true;
			return NULL;
		}
	}
	return NULL;
}

bool pclntab_find_named(const struct pclntab *table, const char *name, struct function *ret)
{
	const struct map_slot *slot = map_find(&table->found->by_hash, name_hash(name));
	if (slot && pclntab_function_at(table, (size_t)slot->value, ret) &&
	    strcmp(ret->name, name) == 0)
		return true;
	bool found = false;
	return error_ignore(walk_to_name(table, name, ret, &found)) && found;
}

/* False at the end of the table, or when the number has no end. */
static bool read_varint(const uint8_t **at, const uint8_t *end, uint32_t *ret)
{
	uint32_t value = 0;
	for (unsigned i = 0; i < VARINT_BYTES_MAX && *at < end; i++) {
		uint8_t byte = *(*at)++;
		value |= (uint32_t)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

/* *ret_begin: the first pc that the value holds for, without a gap. */
static int32_t value_at(const struct pclntab *table, uint32_t offset, uint64_t entry, uint64_t pc,
			uint64_t *ret_begin)
{
	if (offset == 0 || table->values + offset >= table->options.size)
		return -1;
	const uint8_t *at = table->options.bytes + table->values + offset;
	const uint8_t *end = table->options.bytes + table->options.size;
	uint64_t reached = entry;
	uint32_t value = UINT32_MAX;
	unsigned standstills = 0;
	for (bool first = true;; first = false) {
		uint32_t value_delta = 0, pc_delta = 0;
		if (!read_varint(&at, end, &value_delta) || (value_delta == 0 && !first) ||
		    !read_varint(&at, end, &pc_delta))
			return -1;
		/* Differences are zigzag-coded: 0, -1, 1, -2 ... */
		value += -(value_delta & 1) ^ (value_delta >> 1);
		*ret_begin = reached;
		reached += (uint64_t)pc_delta * table->quantum;
		if (pc < reached)
			return (int32_t)value;
		if (pc_delta == 0 && ++standstills > STANDSTILLS_MAX)
			return -1;
	}
}

int32_t pclntab_value(const struct pclntab *table, uint32_t offset, uint64_t entry, uint64_t pc)
{
	uint64_t begin = 0;
	return value_at(table, offset, entry, pc, &begin);
}

uint64_t function_line_begin(const struct function *function, uint64_t pc)
{
	uint64_t begin = function->entry;
	if (value_at(function->table, function_member(function, FUNCTION_LINE_TABLE),
		     function->entry, pc, &begin) == -1 ||
	    begin > pc || begin < function->entry)
		return function->entry;
	return begin;
}

int32_t function_sp_delta(const struct function *function, uint64_t pc)
{
	return pclntab_value(function->table, function_member(function, FUNCTION_SP_TABLE),
			     function->entry, pc);
}

int32_t function_pcdata(const struct function *function, unsigned table, uint64_t pc)
{
	if (table >= function_member(function, FUNCTION_PCDATA_COUNT))
		return -1;
	uint64_t at = function->record + record_size(function->table) + (uint64_t)table * 4;
	if (!pclntab_has(function->table, at, 4))
		return -1;
	return pclntab_value(function->table, pclntab_u32(function->table, at), function->entry,
			     pc);
}

int32_t function_arguments_size(const struct function *function)
{
	return (int32_t)function_member(function, FUNCTION_ARGUMENTS);
}

uint64_t function_defer_return(const struct function *function)
{
	uint32_t offset = function_member(function, FUNCTION_DEFER_RETURN);
	return offset ? function->entry + offset : 0;
}

static uint32_t data_offset(const struct function *function, unsigned index)
{
	const struct pclntab *table = function->table;
	uint64_t behind = function->record + record_size(table);
	uint8_t count = table->options.bytes[behind - 1];
	uint64_t at = behind + (uint64_t)function_member(function, FUNCTION_PCDATA_COUNT) * 4 +
		      (uint64_t)index * 4;
	if (index >= count || !pclntab_has(table, at, 4))
		return NO_FUNCDATA;
	return pclntab_u32(table, at);
}

const uint8_t *function_data(const struct function *function, unsigned index, size_t *ret_size)
{
	const struct pclntab_options *options = &function->table->options;
	uint32_t offset = data_offset(function, index);
	if (offset == NO_FUNCDATA || !options->gofunc || offset >= options->gofunc_size)
		return NULL;
	*ret_size = options->gofunc_size - offset;
	return options->gofunc + offset;
}

uint64_t function_data_address(const struct function *function, unsigned index)
{
	uint32_t offset = data_offset(function, index);
	if (offset == NO_FUNCDATA || !function->table->options.gofunc_address)
		return 0;
	return function->table->options.gofunc_address + offset;
}

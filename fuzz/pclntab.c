/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as a table of functions, with itself as the place of the inline trees. Every function
 * that is handed out has a position for each of its pcs, and strings that end.
 */
#include <assert.h>
#include <string.h>

#include "binary/pclntab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT          UINT64_C(0x401000)
#define FUNCTIONS_MAX 256

static size_t string_lengths(const struct function_line *lines, size_t count)
{
	size_t sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += strlen(lines[i].function) + strlen(lines[i].file);
	return sum;
}

static void read_function(const struct function *function)
{
	struct function_line lines[FUNCTION_LINES_MAX];
	assert(function->end >= function->entry);
	uint64_t last = function->end > function->entry ? function->end - 1 : function->entry;
	uint64_t pcs[] = { function->entry, function->entry + (last - function->entry) / 2, last };
	for (size_t i = 0; i < ARRAY_SIZE(pcs); i++) {
		size_t count = function_lines(function, pcs[i], lines);
		assert(count >= 1 && count <= FUNCTION_LINES_MAX);
		assert(!lines[count - 1].inlined && lines[count - 1].function == function->name);
		assert(string_lengths(lines, count) < (size_t)1 << 32);
		(void)function_sp_delta(function, pcs[i]);
		for (unsigned table = 0; table < 5; table++)
			(void)function_pcdata(function, table, pcs[i]);
	}
	for (unsigned index = 0; index < 9; index++) {
		size_t left = 0;
		const uint8_t *bytes = function_data(function, index, &left);
		assert(!bytes || left > 0);
		assert(!bytes || function_data_address(function, index));
	}
}

static void read_table(const struct pclntab *table)
{
	size_t count = pclntab_function_count(table);
	for (size_t i = 0; i < count && i < FUNCTIONS_MAX; i++) {
		struct function function, found;
		if (!pclntab_function_at(table, i, &function))
			continue;
		read_function(&function);
		assert(pclntab_find_named(table, function.name, &found));
		assert(strcmp(found.name, function.name) == 0);
		(void)pclntab_find(table, function.entry, &found);
	}
	struct function none;
	assert(!pclntab_function_at(table, count, &none));
	assert(!pclntab_find(table, TEXT - 1, &none));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pclntab_text_section sections[] = {
		{ 0, 0x100, TEXT },
		{ 0x100, 0x10000, TEXT + 0x100000 },
	};
	struct pclntab_options options = {
		.bytes = data,
		.size = size,
		.name = "fuzz",
		.text = TEXT,
		.text_end = TEXT + 0x200000,
		.gofunc = data,
		.gofunc_size = size,
		.gofunc_address = 0x600000,
	};
	for (size_t pieces = 0; pieces <= ARRAY_SIZE(sections); pieces += ARRAY_SIZE(sections)) {
		_cleanup_(pclntab_cleanup) struct pclntab *table = NULL;
		options.text_sections = sections;
		options.text_section_count = pieces;
		if (error_ignore(pclntab_open(&options, &table)))
			read_table(table);
	}
	return 0;
}

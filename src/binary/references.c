/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/references.h"

#include <string.h>

#include "base/hash.h"
#include "binary/references_private.h"

/*
 * Every byte of the code may begin the distance to what an instruction refers to. What such a
 * distance leads to is looked up, quickly, for all bytes; the few that hit are verified: from the
 * last place before them that is known to begin an instruction (where a new line of the source
 * begins) the code is disassembled up to them.
 */

enum { RANK_OWN, RANK_INITIALISES, RANK_RUNTIME, RANK_COUNT };

static uint32_t filter_bit(uint64_t address)
{
	return (uint32_t)(hash_word(address) >> (64 - REFERENCES_FILTER_BITS));
}

size_t references_lower_bound(const struct references *references, uint64_t address)
{
	size_t low = 0;
	size_t high = references->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (references->addresses[middle] < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t references_index(const struct references *references, uint64_t address)
{
	uint32_t bit = filter_bit(address);

	if (!(references->filter[bit / 8] & 1 << bit % 8))
		return SIZE_MAX;
	size_t index = references_lower_bound(references, address);
	return index < references->count && references->addresses[index] == address ? index
										    : SIZE_MAX;
}

static bool begins_with(const char *name, const char *beginning)
{
	return strncmp(name, beginning, strlen(beginning)) == 0;
}

static uint8_t rank(const char *name)
{
	size_t length = strlen(name);

	if (begins_with(name, "runtime.") || begins_with(name, "runtime/") ||
	    begins_with(name, "internal/runtime/"))
		return RANK_RUNTIME;
	if (length > 5 && strcmp(name + length - 5, ".init") == 0)
		return RANK_INITIALISES;
	/* Of maps that are made at the start each has a function: map.init.0, map.init.1 ... */
	return strstr(name, ".map.init.") ? RANK_INITIALISES : RANK_OWN;
}

/* Where a function with this rank would come; REFERENCES_NAMES: it is not needed. */
static size_t place_of(const struct reference *reference, uint8_t rank, const char *name)
{
	size_t place = reference->name_count;

	for (size_t i = 0; i < reference->name_count; i++) {
		if (reference->names[i] == name)
			return REFERENCES_NAMES;
	}
	while (place > 0 && reference->ranks[place - 1] > rank)
		place--;
	return place;
}

static void insert(struct reference *reference, size_t place, uint8_t rank, const char *name)
{
	size_t last = MIN(reference->name_count, REFERENCES_NAMES - 1);

	for (size_t i = last; i > place; i--) {
		reference->names[i] = reference->names[i - 1];
		reference->ranks[i] = reference->ranks[i - 1];
	}
	reference->names[place] = name;
	reference->ranks[place] = rank;
	reference->name_count = (uint8_t)(last + 1);
}

static bool verify(struct references_scan *scan, uint64_t place, uint64_t wanted)
{
	const struct references *references = scan->references;
	uint64_t begin = function_line_begin(&scan->function, place);
	size_t size = (size_t)(scan->function.end - begin);
	const uint8_t *code = binary_bytes_at(references->binary, begin, size);

	return code && references_verify(scan->disassembler, code, size, begin, place, wanted);
}

static struct error *note_function(struct references *references, uint64_t entry)
{
	struct u64_vector *functions = &references->functions;

	if (functions->count && functions->items[functions->count - 1] == entry)
		return NULL;
	return u64_vector_append(functions, &entry);
}

static struct error *tell(struct references_scan *scan, uint64_t place, size_t index)
{
	struct references *references = scan->references;
	struct reference *reference = &references->items[index];
	struct function *function = &scan->function;

	if (place < function->entry || place >= function->end) {
		*function = (struct function){ 0 };
		if (!pclntab_find(scan->module->functions, place, function))
			return NULL;
	}
	/* Code of the runtime says nothing about types that a program's own does not. */
	uint8_t own_rank = rank(function->name);
	if (own_rank != RANK_RUNTIME)
		TRY(note_function(references, function->entry));
	size_t at = place_of(reference, own_rank, function->name);
	if (at < REFERENCES_NAMES && verify(scan, place, references->addresses[index]))
		insert(reference, at, own_rank, function->name);
	return NULL;
}

static struct error *scan_module(struct references *references, const struct module *module,
				 void *disassembler)
{
	struct references_scan scan = {
		.references = references,
		.tell = tell,
		.module = module,
		.disassembler = disassembler,
	};
	uint64_t begin = module->text - module->bias;
	size_t size = MIN(elf_bytes_left(module->elf, begin),
			  (size_t)(module->text_end - module->text));
	const uint8_t *code = elf_bytes_at(module->elf, begin, size);

	return code ? references_scan_code(&scan, code, size, module->text) : NULL;
}

static struct error *scan_modules(struct references *references)
{
	void *disassembler = NULL;
	struct error *error = references_open_disassembler(&disassembler);

	for (size_t i = 0; !error && i < references->binary->module_count; i++)
		error = scan_module(references, &references->binary->modules[i], disassembler);
	references_close_disassembler(disassembler);
	return error;
}

struct error *references_find(const struct binary *binary, const uint64_t *addresses, size_t count,
			      struct references **ret)
{
	_cleanup_(references_cleanup) struct references *references = calloc(1,
									     sizeof(*references));
	if (!references)
		return error_no_memory();
	references->binary = binary;
	references->count = count;
	references->addresses = calloc(MAX(count, 1), sizeof(*addresses));
	references->items = calloc(MAX(count, 1), sizeof(*references->items));
	references->filter = calloc(1, (size_t)1 << (REFERENCES_FILTER_BITS - 3));
	if (!references->addresses || !references->items || !references->filter)
		return error_no_memory();
	for (size_t i = 0; i < count; i++) {
		uint32_t bit = filter_bit(addresses[i]);
		references->addresses[i] = addresses[i];
		references->filter[bit / 8] |= (uint8_t)(1 << bit % 8);
	}
	if (count)
		TRY(scan_modules(references));
	*ret = TAKE_PTR(references);
	return NULL;
}

void references_destroy(struct references *references)
{
	if (!references)
		return;
	free(references->addresses);
	free(references->items);
	free(references->filter);
	u64_vector_deinit(&references->functions);
	free(references);
}

const char *references_name(const struct references *references, size_t index, size_t n)
{
	if (index >= references->count || n >= references->items[index].name_count)
		return NULL;
	return references->items[index].names[n];
}

bool references_part(const struct references *references, size_t index, struct variable_part *ret)
{
	if (index >= references->count || !references->items[index].typed ||
	    references->items[index].disputed)
		return false;
	*ret = references->items[index].part;
	return true;
}

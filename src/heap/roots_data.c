/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "heap/roots_private.h"

/*
 * Global variables: the words of each module's data and bss that its masks mark. The segments
 * without pointers (noptrdata, noptrbss) are not looked at by the collector either.
 */
#define PIECE_WORDS ((size_t)65536)

/* A segment, of which a piece at a time is in hand. */
struct segment {
	struct gathering *gathering;
	uint64_t start;
	struct module_mask mask;
	uint64_t *words; /* of the piece; the one before it at words[-1] */
	uint8_t *bits;
	const struct variable *variable; /* that the newest root stands for */
};

static bool is_marked(const struct segment *segment, size_t index)
{
	return segment->bits[index / 8] >> index % 8 & 1;
}

/* What debug information says of the word at an offset of a variable. */
static struct error *typed_by_variable(struct gathering *gathering, const struct variable *variable,
				       uint64_t offset, uint32_t *ret)
{
	struct variable_part part;
	if (!variable->type ||
	    !variables_part(gathering->roots->variables, variable->type, offset, &part))
		return NULL;
	return gathering_part(gathering, &part, ret);
}

/* One marked word that holds a pointer into the heap. */
static struct error *take_word(struct segment *segment, uint64_t address, size_t index,
			       bool after_scalar)
{
	struct gathering *gathering = segment->gathering;
	const struct variable *variable = variables_find(gathering->roots->variables, address);
	uint32_t type = HEAP_TYPE_UNKNOWN, dynamic = HEAP_TYPE_UNKNOWN;
	if (gathering->types && variable && strcmp(variable->name, "runtime.itabTable") == 0)
		TRY(heap_types_intern(gathering->types, HEAP_ITABS, 0, &type));
	else if (gathering->types && variable)
		TRY(typed_by_variable(gathering, variable, address - variable->address, &type));
	/* An interface: the first word, which the collector does not look at, says the type. */
	if (gathering->types && type == HEAP_TYPE_UNKNOWN && after_scalar &&
	    (!variable || address > variable->address))
		TRY(heap_types_dynamic(gathering->types, segment->words[(ssize_t)index - 1],
				       &dynamic));
	bool interface = dynamic != HEAP_TYPE_UNKNOWN;

	if (!variable || variable != segment->variable) {
		struct heap_root root = {
			.kind = HEAP_ROOT_GLOBAL,
			.address = variable ? variable->address : address - (interface ? 8 : 0),
			.size = variable    ? variable->size
				: interface ? 16
					    : 8,
			.name = variable ? variable->name : NULL,
			.goroutine = HEAP_NO_GOROUTINE,
		};
		TRY(gathering_root(gathering, &root));
		segment->variable = variable;
	}
	struct heap_root_pointer pointer = {
		.value = segment->words[index],
		.where = address,
		.type = interface ? dynamic : type,
		.frame = HEAP_NO_FRAME,
	};
	return gathering_pointer(gathering, &pointer);
}

static struct error *scan_piece(struct segment *segment, uint64_t first, size_t count,
				bool *marked_before)
{
	for (size_t i = 0; i < count; i++) {
		bool marked = is_marked(segment, i);
		if (marked && gathering_wants(segment->gathering, segment->words[i]))
			TRY(take_word(segment, segment->start + (first + i) * 8, i,
				      first + i && !*marked_before));
		*marked_before = marked;
	}
	segment->words[-1] = segment->words[count - 1];
	return NULL;
}

static struct error *scan_segment(struct segment *segment, uint64_t end)
{
	struct gathering *gathering = segment->gathering;
	struct target *target = runtime_target(gathering->runtime);
	uint64_t words = MIN(segment->mask.words, (end - segment->start) / 8);
	bool marked_before = true;
	if (words / 8 > gathering->bytes_there) {
		gathering_problem(gathering, "a module's masks are larger than its memory");
		return NULL;
	}
	for (uint64_t first = 0; first < words; first += PIECE_WORDS) {
		size_t count = (size_t)MIN(words - first, (uint64_t)PIECE_WORDS);
		struct target_range ranges[] = {
			{ segment->mask.bits + first / 8, (count + 7) / 8, segment->bits, false },
			{ segment->start + first * 8, count * 8, segment->words, false },
		};
		TRY(target_read_ranges(target, ranges, ARRAY_SIZE(ranges)));
		if (!ranges[0].done || !ranges[1].done) {
			gathering_problem(gathering, "some global variables cannot be read");
			return NULL;
		}
		TRY(scan_piece(segment, first, count, &marked_before));
	}
	return NULL;
}

struct error *gathering_add_data(struct gathering *gathering)
{
	const struct binary *binary = runtime_binary(gathering->runtime);
	_cleanup_(free_pointer) uint64_t *words = calloc(PIECE_WORDS + 1, sizeof(*words));
	_cleanup_(free_pointer) uint8_t *bits = malloc(PIECE_WORDS / 8);
	if (!words || !bits)
		return error_no_memory();
	for (size_t i = 0; i < binary->module_count; i++) {
		const struct module *module = &binary->modules[i];
		struct segment data = { gathering, module->data, module->data_mask,
					words + 1, bits,         NULL };
		TRY(scan_segment(&data, module->data_end));
		struct segment bss = { gathering, module->bss, module->bss_mask,
				       words + 1, bits,        NULL };
		TRY(scan_segment(&bss, module->bss_end));
	}
	return NULL;
}

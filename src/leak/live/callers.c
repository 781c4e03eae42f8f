/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/callers.h"

#include <string.h>

#include "base/text.h"
#include "binary/calls.h"
#include "leak/live/holder.h"
#include "runtime/function_name.h"

#define FUNCTIONS_MAX 24

/* A place that calls, told apart from others by function and line. */
struct caller {
	struct place place;
	bool numbered;
	bool often; /* may be called more than once in a program's life */
};

DEFINE_VECTOR(caller_vector, struct caller);

/* The innermost position outside the standard library; false: there is none. */
static struct error *place_of(const struct live_evidence *evidence, uint64_t pc,
			      struct findings *findings, struct place *ret, bool *ret_found)
{
	const struct binary *binary = runtime_binary(evidence->heap->runtime);
	struct function function;
	struct function_line lines[FUNCTION_LINES_MAX];
	*ret_found = false;
	if (!binary_function(binary, pc - 1, &function))
		return NULL;
	size_t count = function_lines(&function, pc - 1, lines);
	for (size_t i = 0; i < count; i++) {
		const char *name = function_printed_name(lines[i].function, binary->minor,
							 &findings->arena);
		if (!name)
			return error_no_memory();
		if (!place_is_users(&evidence->places, name))
			continue;
		*ret = (struct place){ name, lines[i].file, lines[i].line };
		*ret_found = true;
		return NULL;
	}
	return NULL;
}

/* main and what initialises packages: of several places rather one that requests come by. */
static bool runs_once(const char *function)
{
	return strcmp(function, "main.main") == 0 || strcmp(function, "main.init") == 0 ||
	       strncmp(function, "main.init.", strlen("main.init.")) == 0;
}

static struct error *add_caller(struct caller_vector *callers, const struct place *place,
				bool numbered)
{
	for (size_t i = 0; i < callers->count; i++) {
		struct caller *known = &callers->items[i];
		if (known->place.line == place->line &&
		    text_equal(known->place.function, place->function)) {
			known->numbered |= numbered;
			return NULL;
		}
	}
	const struct caller caller = { *place, numbered, !runs_once(place->function) };
	return caller_vector_append(callers, &caller);
}

static struct error *find_entries(const struct binary *binary, const char *const *functions,
				  uint64_t ret[FUNCTIONS_MAX], size_t *ret_count)
{
	size_t count = 0;
	for (size_t i = 0; functions[i] && i < FUNCTIONS_MAX; i++) {
		for (size_t m = 0; m < binary->module_count && count < FUNCTIONS_MAX; m++) {
			struct function function;
			if (pclntab_find_named(binary->modules[m].functions, functions[i],
					       &function))
				ret[count++] = function.entry;
		}
	}
	*ret_count = count;
	return NULL;
}

struct error *live_callers_find(const struct live_evidence *evidence, const char *const *functions,
				uint64_t number, struct findings *findings, struct place *ret_place,
				size_t *ret_count)
{
	const struct binary *binary = runtime_binary(evidence->heap->runtime);
	_cleanup_(call_vector_deinit) struct call_vector calls = { 0 };
	_cleanup_(caller_vector_deinit) struct caller_vector callers = { 0 };
	uint64_t entries[FUNCTIONS_MAX];
	size_t entry_count, numbered = 0;
	*ret_count = 0;
	TRY(find_entries(binary, functions, entries, &entry_count));
	if (!entry_count)
		return NULL;
	TRY(calls_find(binary, entries, entry_count, &calls));
	for (size_t i = 0; i < calls.count; i++) {
		struct place place;
		bool found;
		uint64_t pc = calls.items[i].pc;
		TRY(place_of(evidence, pc, findings, &place, &found));
		if (found)
			TRY(add_caller(&callers, &place,
				       number && call_has_number(binary, pc, number)));
	}
	for (size_t i = 0; i < callers.count; i++)
		numbered += callers.items[i].numbered;
	const struct caller *best = NULL;
	for (size_t i = 0; i < callers.count; i++) {
		const struct caller *caller = &callers.items[i];
		if (numbered && !caller->numbered)
			continue;
		(*ret_count)++;
		if (!best || (caller->often && !best->often))
			best = caller;
	}
	if (best)
		*ret_place = best->place;
	return NULL;
}

struct error *live_callers_tell(const struct live_evidence *evidence, uint32_t vertex,
				const char *const *functions, uint64_t number,
				struct findings *findings, struct finding *finding)
{
	struct place place;
	size_t count;
	TRY(live_holder_tell(evidence, vertex, findings, finding));
	if (finding->place.function && text_equal(finding->place_word, "allocated by") &&
	    place_is_users(&evidence->places, finding->place.function))
		return NULL;
	TRY(live_callers_find(evidence, functions, number, findings, &place, &count));
	if (!count)
		return NULL;
	finding->place = place;
	finding->place_word = count == 1 ? "made by" : "may be made by";
	return NULL;
}

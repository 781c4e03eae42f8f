/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/way_out_private.h"

#include <stdlib.h>

#include "binary/lea_amd64.h"

/*
 * A function that has deferred another one which recovers is left where something that it calls
 * panics: the runtime goes on behind its call of deferreturn, where no jump leads. And a goroutine ends
 * at once where something that it calls asks for that, runtime.Goexit.
 *
 *	lea  serve.func1(%rip), %rcx	the deferred function, or
 *	lea  serve.func1·f(%rip), %rcx	a word that has its address
 *
 * As elsewhere five bytes that read as a call of the very beginning of a function are one.
 */
#define CALL_OPCODE 0xe8
#define CALL_SIZE   5
#define CODE_MAX    ((uint64_t)64 << 10)
#define ASKED_MAX   512 /* functions */

#define RECOVER_DEPTH 2 /* the compiler wraps what is deferred with arguments */
#define EXIT_DEPTH    3 /* a test's Fatal, FailNow, Goexit */

struct asked {
	uint64_t entries[ASKED_MAX];
	size_t count;
};

static uint64_t entry_of(const struct binary *binary, const char *name)
{
	struct function function;
	for (size_t i = 0; i < binary->module_count; i++) {
		if (pclntab_find_named(binary->modules[i].functions, name, &function))
			return function.entry;
	}
	return 0;
}

static bool span_of(const struct binary *binary, const struct function *function,
		    struct code_span *ret)
{
	uint64_t size = function->end - function->entry;
	*ret = (struct code_span){ .size = (size_t)size, .address = function->entry };
	if (size && size <= CODE_MAX)
		ret->bytes = binary_bytes_at(binary, function->entry, ret->size);
	return ret->bytes != NULL;
}

/* The next function that is called at or behind *at, by its entry; 0: there is none. */
static uint64_t next_called(const struct binary *binary, const struct code_span *code, size_t *at)
{
	struct function function;
	for (; *at + CALL_SIZE <= code->size; ++*at) {
		int32_t distance;
		if (code->bytes[*at] != CALL_OPCODE)
			continue;
		memcpy(&distance, code->bytes + *at + 1, sizeof(distance));
		uint64_t target = code->address + *at + CALL_SIZE + (uint64_t)(int64_t)distance;
		if (!binary_function(binary, target, &function) || function.entry != target)
			continue;
		++*at;
		return target;
	}
	return 0;
}

static void asked_add(struct asked *asked, uint64_t entry)
{
	for (size_t i = 0; i < asked->count; i++) {
		if (asked->entries[i] == entry)
			return;
	}
	if (asked->count < ASKED_MAX)
		asked->entries[asked->count++] = entry;
}

/* Does one of those that are asked call it, or one that they call, and so on so many times? */
static bool comes_to(const struct binary *binary, struct asked *asked, uint64_t wanted, int depth)
{
	size_t done = 0;
	for (int level = 0; level < depth; level++) {
		size_t end = asked->count;
		for (; done < end; done++) {
			struct function function;
			struct code_span code;
			size_t at = 0;
			uint64_t called;
			if (!binary_function(binary, asked->entries[done], &function) ||
			    !span_of(binary, &function, &code))
				continue;
			while ((called = next_called(binary, &code, &at))) {
				if (called == wanted)
					return true;
				asked_add(asked, called);
			}
		}
	}
	return false;
}

/* The functions whose address the code takes, or that of a word that has it. */
static void ask_taken(const struct binary *binary, const struct code_span *code,
		      struct asked *asked)
{
	for (size_t at = lea_next(code, 0); at < code->size; at = lea_next(code, at + 1)) {
		struct function function;
		uint64_t target;
		unsigned into;
		if (!lea_read(code, at, &target, &into))
			continue;
		const uint8_t *word = binary_bytes_at(binary, target, sizeof(target));
		if (!binary_module(binary, target) && word)
			memcpy(&target, word, sizeof(target));
		if (binary_function(binary, target, &function) && function.entry == target)
			asked_add(asked, target);
	}
}

static bool has_deferred(const struct binary *binary, const struct code_span *code)
{
	uint64_t wanted = entry_of(binary, "runtime.deferreturn"), called;
	size_t at = 0;
	while (wanted && (called = next_called(binary, code, &at))) {
		if (called == wanted)
			return true;
	}
	return false;
}

static struct error *recovers(const struct binary *binary, const struct code_span *code, bool *ret)
{
	_cleanup_(free_pointer) struct asked *asked = calloc(1, sizeof(*asked));
	uint64_t recover = entry_of(binary, "runtime.gorecover");
	if (!asked)
		return error_no_memory();
	if (!recover || !has_deferred(binary, code))
		return NULL;
	ask_taken(binary, code, asked);
	*ret = comes_to(binary, asked, recover, RECOVER_DEPTH);
	return NULL;
}

static struct error *exits(const struct binary *binary, const struct function *function, bool *ret)
{
	_cleanup_(free_pointer) struct asked *asked = calloc(1, sizeof(*asked));
	uint64_t exit = entry_of(binary, "runtime.Goexit");
	if (!asked)
		return error_no_memory();
	asked_add(asked, function->entry);
	*ret = exit && comes_to(binary, asked, exit, EXIT_DEPTH);
	return NULL;
}

struct error *way_out_by_panic(const struct binary *binary, const struct function *function,
			       bool *ret)
{
	struct code_span code;
	*ret = false;
	if (!span_of(binary, function, &code))
		return NULL;
	TRY(recovers(binary, &code, ret));
	return *ret ? NULL : exits(binary, function, ret);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/modules.h"

#include <string.h>

#include "base/vector.h"

#define MODULES_MAX 256

/* The first words of the paths of all packages of the standard library, 1.13 to 1.27. */
static const char *const library[] = {
	"archive", "bufio",    "builtin", "bytes",   "cmp",      "compress", "container", "context",
	"crypto",  "database", "debug",   "embed",   "encoding", "errors",   "expvar",    "flag",
	"fmt",     "go",       "hash",    "html",    "image",    "index",    "internal",  "io",
	"iter",    "log",      "maps",    "math",    "mime",     "net",      "os",        "path",
	"plugin",  "reflect",  "regexp",  "runtime", "slices",   "sort",     "strconv",   "strings",
	"structs", "sync",     "syscall", "testing", "text",     "time",     "unicode",   "unique",
	"unsafe",  "uuid",     "vendor",  "weak",    "main",     "type",     "panic",     "simd",
};

static bool is_among(const char *const *words, size_t count, const char *word, size_t length)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(words[i]) == length && !memcmp(words[i], word, length))
			return true;
	}
	return false;
}

static struct error *add_function(struct dump_modules *modules, const char *function)
{
	/* Up to the path's first slash, or to the dot behind the package. */
	size_t length = strcspn(function, "/.([ {");
	if (!length || (function[length] != '/' && function[length] != '.') ||
	    modules->count == MODULES_MAX ||
	    is_among(library, ARRAY_SIZE(library), function, length) ||
	    is_among(modules->words, modules->count, function, length))
		return NULL;
	/* A domain, which tells enough; but a package with a path of one word has its dot too. */
	if (function[length] == '.' && memchr(function, '/', strcspn(function, "([{")))
		return NULL;
	void *words = modules->words;
	if (modules->count == modules->capacity)
		TRY(vector_grow(&words, &modules->capacity, modules->count + 1,
				sizeof(*modules->words)));
	modules->words = words;
	const char *copy = arena_copy_string(&modules->arena, function, length);
	if (!copy)
		return error_no_memory();
	modules->words[modules->count++] = copy;
	return NULL;
}

struct error *dump_modules_add(struct dump_modules *modules, const struct goroutines *goroutines)
{
	const struct stack *last = NULL;
	for (size_t i = 0; i < goroutines->list.count; i++) {
		const struct goroutine *goroutine = &goroutines->list.items[i];
		const struct stack *stack = goroutine->stack;
		if (goroutine->creator.function)
			TRY(add_function(modules, goroutine->creator.function));
		for (uint32_t j = 0; stack != last && j < stack->count; j++)
			TRY(add_function(modules, stack->frames[j].function));
		last = stack;
	}
	modules->rule = (struct place_rule){ modules->words, modules->count };
	return NULL;
}

void dump_modules_deinit(struct dump_modules *modules)
{
	free(modules->words);
	arena_deinit(&modules->arena);
	*modules = (struct dump_modules){ 0 };
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/modules.h"

#include <string.h>

#include "base/map.h"
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

/* Names are interned: each is looked at once. */
static struct error *add_once(struct dump_modules *modules, struct map *seen, const char *function)
{
	struct map_slot *slot;
	size_t count = seen->count;
	if (!function)
		return NULL;
	TRY(map_insert(seen, (uint64_t)(uintptr_t)function, 0, &slot));
	return seen->count > count ? add_function(modules, function) : NULL;
}

static struct error *add_stack(struct dump_modules *modules, struct map *seen,
			       const struct stack *stack)
{
	struct map_slot *slot;
	size_t count = seen->count;
	TRY(map_insert(seen, (uint64_t)(uintptr_t)stack, 0, &slot));
	if (seen->count == count)
		return NULL;
	for (uint32_t i = 0; i < stack->count; i++)
		TRY(add_once(modules, seen, stack->frames[i].function));
	return NULL;
}

struct error *dump_modules_add(struct dump_modules *modules, const struct goroutines *goroutines)
{
	_cleanup_(map_deinit) struct map seen = { 0 };
	for (size_t i = 0; i < goroutines->list.count; i++) {
		const struct goroutine *goroutine = &goroutines->list.items[i];
		TRY(add_once(modules, &seen, goroutine->creator.function));
		TRY(add_stack(modules, &seen, goroutine->stack));
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

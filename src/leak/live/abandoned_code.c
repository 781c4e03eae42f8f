/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/abandoned.h"

#include <string.h>

#include "binary/channel_uses.h"

/*
 * Code of the standard library is left out: it uses no channel of a program's own but those whose
 * elements are its own types. What is not known to be the library's counts; and generic functions do,
 * which may be anybody's.
 */
static const char *const library[] = {
	"archive", "arena",    "bufio",    "bytes",   "cmp",    "compress", "container",
	"context", "crypto",   "database", "debug",   "embed",  "encoding", "errors",
	"expvar",  "flag",     "fmt",      "go",      "hash",   "html",     "image",
	"index",   "internal", "io",       "iter",    "log",    "maps",     "math",
	"mime",    "net",      "os",       "path",    "plugin", "reflect",  "regexp",
	"runtime", "slices",   "sort",     "strconv", "string", "strings",  "structs",
	"sync",    "syscall",  "testing",  "text",    "time",   "unicode",  "unique",
	"uuid",    "vendor",   "weak",
};

static bool is_of_library(const struct live_evidence *evidence, const char *function)
{
	size_t length = strcspn(function, "./");
	if (place_is_users(&evidence->places, function) || strchr(function, '['))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(library); i++) {
		if (strlen(library[i]) == length && memcmp(library[i], function, length) == 0)
			return true;
	}
	return false;
}

/* Of channels whose elements are not known, too. */
static bool may_wake(const struct map *globals, const struct abandoned_crowd *abandoned,
		     const struct channel_use *use)
{
	uint64_t element = use->known == CHANNEL_OF_ELEMENT ? use->value : 0;
	const struct map_slot *slot =
		use->known == CHANNEL_IN_GLOBAL ? map_find(globals, use->value) : NULL;
	if (slot)
		element = slot->value;
	for (size_t i = 0; i < abandoned->case_count; i++) {
		const struct abandoned_case *one = &abandoned->cases[i];
		if (one->wakes & use->does && (!element || element == one->element))
			return true;
	}
	return false;
}

static unsigned wakes_of(const struct abandoned_crowd *abandoned)
{
	unsigned wakes = 0;
	for (size_t i = 0; i < abandoned->case_count; i++)
		wakes |= abandoned->cases[i].wakes;
	return wakes;
}

/* True when none of the crowds is left that no code wakes. */
static bool drop_woken(struct abandoned_vector *list, const struct map *globals,
		       const struct channel_use_vector *found)
{
	size_t left = 0;
	for (size_t i = 0; i < list->count; i++) {
		struct abandoned_crowd *abandoned = &list->items[i];
		for (size_t k = 0; k < found->count && !abandoned->foreign; k++)
			abandoned->foreign = may_wake(globals, abandoned, &found->items[k]);
		left += abandoned_is_judged(abandoned);
	}
	return left == 0;
}

struct error *abandoned_drop_woken(const struct live_evidence *evidence, const struct map *globals,
				   struct abandoned_vector *list)
{
	const struct binary *binary = runtime_binary(evidence->heap->runtime);
	_cleanup_(channel_uses_cleanup) struct channel_uses *uses = NULL;
	unsigned wakes = 0;
	for (size_t i = 0; i < list->count; i++)
		wakes |= abandoned_is_judged(&list->items[i]) ? wakes_of(&list->items[i]) : 0;
	TRY(channel_uses_open(binary, &uses));
	bool none_left = channel_uses_count(uses) == 0;
	for (size_t i = 0; i < channel_uses_count(uses) && !none_left; i++) {
		_cleanup_(channel_use_vector_deinit) struct channel_use_vector found = { 0 };
		unsigned does;
		const char *function = channel_uses_function(uses, i, &does);
		if (!(does & wakes) || (function && is_of_library(evidence, function)))
			continue;
		TRY(channel_uses_resolve(uses, i, &found));
		none_left = drop_woken(list, globals, &found);
	}
	for (size_t i = 0; i < list->count && none_left; i++)
		list->items[i].foreign = true;
	return NULL;
}

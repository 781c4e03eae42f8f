/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_DUMP_STRINGS_H
#define DOWSE_DUMP_STRINGS_H

#include "base/arena.h"
#include "base/map.h"

/* Strings that occur again and again, each kept once. All zeroes is an empty table. */
struct strings {
	struct map by_hash; /* → first struct string_link */
};

/* NUL-terminated, in the arena. */
struct error *strings_intern(struct strings *strings, struct arena *arena, const char *bytes,
			     size_t length, const char **ret) must_use;
void strings_deinit(struct strings *strings);

#endif

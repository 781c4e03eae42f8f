/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_BUILD_QUOTE_H
#define DOWSE_BINARY_BUILD_QUOTE_H

#include "base/arena.h"

/*
 * A key or a value of a build setting: as it stands up to `stop` (NUL: to the end), or quoted as
 * Go quotes strings, with "" or ``. *ret is a copy in the arena, *ret_used how many bytes it took.
 * What is quoted badly is taken as it stands.
 */
struct error *build_unquote(struct arena *arena, const char *bytes, size_t length, char stop,
			    const char **ret, size_t *ret_used) must_use;

#endif

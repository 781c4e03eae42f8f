/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_TEXT_H
#define DOWSE_BASE_TEXT_H

#include <stdbool.h>
#include <string.h>

/* Two strings that may be NULL, which is equal to nothing but itself. */
static inline bool text_equal(const char *left, const char *right)
{
	return left == right || (left && right && strcmp(left, right) == 0);
}

/* What stands behind the last slash of a path, or all of it. */
static inline const char *text_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

#endif

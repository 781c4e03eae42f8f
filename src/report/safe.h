/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_SAFE_H
#define DOWSE_REPORT_SAFE_H

#include "base/writer.h"

/*
 * Foreign strings (names of functions, files, processes) for the eye. What could move the cursor,
 * change colours, hide or reorder text is written as \n, \t, \x1b, \u202e; bytes that are not
 * UTF-8 as \xff. What is longer than SAFE_LIMIT characters loses its middle to "…".
 */
#define SAFE_LIMIT 512

void safe_string(struct writer *writer, const char *string);

/* The same with another limit; *ret_columns, when not NULL, is roughly how wide it got. */
void safe_string_limited(struct writer *writer, const char *string, size_t limit,
			 size_t *ret_columns);

#endif

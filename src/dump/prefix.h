/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_DUMP_PREFIX_H
#define DOWSE_DUMP_PREFIX_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What stands before each line of a log: a time, a host, a program. Of the prefix of one line
 * another one differs in its numbers, the name of a month or day, and in how many blanks fill a
 * column; all else is the same. *ret_size: what of the line is prefix. An empty line may have lost
 * the blanks at its end. *ret_part: it says that the line goes on in the next one, as containers'
 * logs do by a P in the place of an F.
 */
bool prefix_match(const char *sample, size_t sample_length, const char *line, size_t length,
		  size_t *ret_size, bool *ret_part);

#endif

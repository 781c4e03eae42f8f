/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_DUMP_ESCAPES_H
#define DOWSE_DUMP_ESCAPES_H

#include <stddef.h>

/*
 * Text that was escaped to fit into something. Each reads at most `length` bytes, writes at most as
 * many into `ret`, and yields how many; *ret_used says how many were read.
 */

/* Up to the quote that ends a string of JSON or Go, which is used, too, or to the end. */
size_t escapes_decode_quoted(const char *bytes, size_t length, char *ret, size_t *ret_used);

/* "#012" and its like. */
size_t escapes_decode_octal(const char *bytes, size_t length, char *ret, size_t *ret_used);

/* Without what sets colours on a terminal. `ret` may be the bytes themselves. */
size_t escapes_drop_colours(const char *bytes, size_t length, char *ret);

#endif

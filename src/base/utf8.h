/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_UTF8_H
#define DOWSE_BASE_UTF8_H

#include <stddef.h>

/* Length of the UTF-8 character at the head of `length` bytes; 0 when it is not well formed. */
size_t utf8_character(const char *bytes, size_t length);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_UTF8_H
#define DOWSE_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length of the UTF-8 character at the head of `length` bytes; 0 when it is not well formed. */
size_t utf8_character(const char *bytes, size_t length);

/* Write a character; its length, 4 at most. It is none of a pair's halves, nor above U+10FFFF. */
size_t utf8_write(char *ret, uint32_t character);

#endif

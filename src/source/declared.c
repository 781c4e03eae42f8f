/* SPDX-License-Identifier: Apache-2.0 */
#include "source/declared.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

static bool is_of_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* How much of a function's name is its package's path; 0: none. Types in brackets have paths, too. */
static size_t package_length(const char *function)
{
	size_t limit = strcspn(function, "["), last = 0;
	for (size_t i = 0; i < limit; i++) {
		if (function[i] == '/')
			last = i + 1;
	}
	for (size_t i = last; i < limit; i++) {
		if (function[i] == '.')
			return i;
	}
	return 0;
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

bool declared_package(const char *function, char *ret, size_t size)
{
	size_t length = package_length(function), used = 0;
	for (size_t i = 0; i < length; i++) {
		char c = function[i];
		/* The linker writes "yaml%2ev3" for "yaml.v3". */
		if (c == '%' && i + 2 < length && isxdigit((unsigned char)function[i + 1]) &&
		    isxdigit((unsigned char)function[i + 2])) {
			c = (char)(hex_digit(function[i + 1]) << 4 | hex_digit(function[i + 2]));
			i += 2;
		}
		if (used + 1 >= size || !c)
			return false;
		ret[used++] = c;
	}
	if (!used)
		return false;
	ret[used] = '\0';
	return true;
}

/* A word of a function's name: "Cart", "watch" and "func1" of ".(*Cart).watch.func1". */
static bool has_word(const char *names, const char *word, size_t length)
{
	unsigned depth = 0;
	for (const char *at = names; *at;) {
		depth += *at == '[';
		depth -= *at == ']' && depth;
		if (depth || !is_of_name(*at)) {
			at++;
			continue;
		}
		size_t n = 0;
		while (at[n] && is_of_name(at[n]))
			n++;
		if (n == length && memcmp(at, word, n) == 0)
			return true;
		at += n;
	}
	return false;
}

static bool starts_with(const struct source_line *line, const char *text)
{
	size_t length = strlen(text);
	return line->length >= length && memcmp(line->bytes, text, length) == 0;
}

/* The name that stands at an offset of a line; its length. */
static size_t name_at(const struct source_line *line, size_t at)
{
	size_t n = 0;
	while (at + n < line->length && is_of_name(line->bytes[at + n]))
		n++;
	return n;
}

/* "func (c *Cart) watch(" declares what ".(*Cart).watch.func1" is part of. */
static bool declares(const struct source_line *line, const char *names)
{
	size_t at = strlen("func ");
	if (at < line->length && line->bytes[at] == '(') {
		size_t type = 0, type_length = 0;
		for (at++; at < line->length && line->bytes[at] != ')' && line->bytes[at] != '[';) {
			size_t n = name_at(line, at);
			type = n ? at : type;
			type_length = n ? n : type_length;
			at += n ? n : 1;
		}
		if (!type_length || !has_word(names, line->bytes + type, type_length))
			return false;
		while (at < line->length && line->bytes[at] != ')')
			at++;
		for (at++; at < line->length && line->bytes[at] == ' ';)
			at++;
	}
	size_t length = name_at(line, at);
	return length && has_word(names, line->bytes + at, length);
}

static bool says_something(const struct source_line *line)
{
	size_t at = 0;
	while (at < line->length && isspace((unsigned char)line->bytes[at]))
		at++;
	return at < line->length &&
	       !(at + 1 < line->length && line->bytes[at] == '/' && line->bytes[at + 1] == '/');
}

/* Is it of package main exactly where the function is? */
static bool right_package(const struct source_lines *lines, bool is_main)
{
	for (size_t i = 1; i <= lines->count; i++) {
		struct source_line line = source_line(lines, i);
		if (!starts_with(&line, "package "))
			continue;
		size_t at = strlen("package ");
		size_t length = name_at(&line, at);
		return is_main == (length == 4 && memcmp(line.bytes + at, "main", 4) == 0);
	}
	return false;
}

/* What sets a package's variables up stands in no function, and is named as if it did. */
static bool is_of_variables(const char *names)
{
	return strncmp(names, ".init.", 6) == 0 || strncmp(names, ".glob.", 6) == 0 ||
	       strncmp(names, ".map.", 5) == 0 || strcmp(names, ".init") == 0;
}

enum declared declared_at(const struct source_lines *lines, size_t number, const char *function)
{
	size_t package = package_length(function);
	const char *names = function + package;
	bool ended = false;
	struct source_line line = source_line(lines, number);
	bool is_main = package == 4 && strncmp(function, "main", 4) == 0;
	if (!package || !says_something(&line) || !right_package(lines, is_main))
		return DECLARED_NOT;
	for (size_t i = number; i; i--) {
		line = source_line(lines, i);
		if (starts_with(&line, "func ") && declares(&line, names))
			return ended ? DECLARED_PERHAPS : DECLARED_AROUND;
		if (starts_with(&line, "func "))
			break;
		ended |= starts_with(&line, "}") && i < number;
	}
	return is_of_variables(names) ? DECLARED_PERHAPS : DECLARED_NOT;
}

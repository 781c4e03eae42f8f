/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/prefix.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'z';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

typedef bool character_class(char c);

static size_t run_of(const char *text, size_t length, size_t from, character_class *is)
{
	size_t at = from;
	while (at < length && is(text[at]))
		at++;
	return at - from;
}

/* Words that stand for a number of the calendar. */
static bool is_calendar(const char *word, size_t length)
{
	static const char names[] = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec "
				    "Mon Tue Wed Thu Fri Sat Sun";
	for (size_t i = 0; length == 3 && i + 3 < sizeof(names); i += 4) {
		if (!memcmp(names + i, word, 3))
			return true;
	}
	return false;
}

/* F and P: a container's line, and a part of one. */
static bool is_whole_or_part(char c)
{
	return c == 'F' || c == 'P';
}

static bool words_match(const char *a, size_t a_length, const char *b, size_t b_length)
{
	if (a_length == b_length && !memcmp(a, b, a_length))
		return true;
	if (a_length == 1 && b_length == 1)
		return is_whole_or_part(*a) && is_whole_or_part(*b);
	return is_calendar(a, a_length) && is_calendar(b, b_length);
}

bool prefix_match(const char *sample, size_t sample_length, const char *line, size_t length,
		  size_t *ret_size, bool *ret_part)
{
	size_t i = 0, j = 0;
	*ret_part = false;
	while (i < sample_length) {
		character_class *is = is_digit(sample[i])    ? is_digit
				      : is_letter(sample[i]) ? is_letter
				      : is_blank(sample[i])  ? is_blank
							     : NULL;
		size_t run = is ? run_of(sample, sample_length, i, is) : 1;
		size_t other = is ? run_of(line, length, j, is) : j < length;
		bool last = i + run == sample_length;
		if (is == is_blank && last) {
			/* Behind it the line has blanks of its own. */
			if (j == length)
				break;
			if (other < run || memcmp(sample + i, line + j, run) != 0)
				return false;
			other = run;
		} else if (!other ||
			   (is == is_letter && !words_match(sample + i, run, line + j, other)) ||
			   (!is && sample[i] != line[j])) {
			return false;
		}
		/* The last word. */
		if (is == is_letter && run == 1 && other == 1 && i + 2 == sample_length)
			*ret_part = is_whole_or_part(sample[i]) && line[j] == 'P';
		i += run;
		j += other;
	}
	*ret_size = j;
	return true;
}

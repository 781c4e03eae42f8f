/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/header.h"

#include <string.h>

#define MINUTES_MAX ((uint64_t)INT64_MAX / UINT64_C(60000000000)) /* so that nanoseconds fit */

static bool starts(const char *bytes, size_t length, const char *with)
{
	size_t size = strlen(with);
	return length >= size && memcmp(bytes, with, size) == 0;
}

bool dump_number(const char *bytes, size_t length, size_t *at, uint64_t *ret)
{
	size_t i = *at;
	uint64_t value = 0;
	for (; i < length && bytes[i] >= '0' && bytes[i] <= '9'; i++) {
		if (value > UINT64_MAX / 10 - 1)
			return false;
		value = value * 10 + (uint64_t)(bytes[i] - '0');
	}
	if (i == *at)
		return false;
	*at = i;
	*ret = value;
	return true;
}

/* " gp=0xc000006c40 m=0 mp=0x55d0a0", " gp=0xc000006c40 m=nil" */
static size_t skip_pointers(const char *bytes, size_t length, size_t at)
{
	static const char *const words[] = { " gp=0x", " m=", " mp=0x" };
	/* Without the first of them there are none: so a header is looked for, too. */
	if (!starts(bytes + at, length - at, words[0]))
		return at;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!starts(bytes + at, length - at, words[i]))
			continue;
		at += strlen(words[i]);
		while (at < length && bytes[at] != ' ')
			at++;
	}
	return at;
}

/* Behind the brace at `at`, where that ends which is quoted in it; 0: it does not end. */
static size_t skip_labels(const char *bytes, size_t length, size_t at)
{
	bool quoted = false;
	for (; at < length; at++) {
		if (quoted && bytes[at] == '\\')
			at++;
		else if (bytes[at] == '"')
			quoted = !quoted;
		else if (bytes[at] == '}' && !quoted)
			return at + 1;
	}
	return 0;
}

/* Take a word off the end of what stands in the bracket. */
static bool take_end(struct span *inside, const char *word)
{
	size_t size = strlen(word);
	if (inside->length < size || memcmp(inside->bytes + inside->length - size, word, size) != 0)
		return false;
	inside->length -= size;
	return true;
}

/* ", 12 minutes", ", synctest bubble 4": the number between two words, at the end. */
static bool take_number(struct span *inside, const char *before, const char *behind, uint64_t *ret)
{
	struct span rest = *inside;
	if (!take_end(&rest, behind))
		return false;
	size_t digits = rest.length, at;
	while (digits && rest.bytes[digits - 1] >= '0' && rest.bytes[digits - 1] <= '9')
		digits--;
	at = digits;
	struct span head = { rest.bytes, digits };
	if (!take_end(&head, before) || !dump_number(rest.bytes, rest.length, &at, ret))
		return false;
	*inside = head;
	return true;
}

static void take_notes(struct span *inside, struct span *ret)
{
	size_t end = inside->length;
	while (take_end(inside, " (scan)") || take_end(inside, " (leaked)") ||
	       take_end(inside, " (durable)"))
		;
	*ret = (struct span){ inside->bytes + inside->length, end - inside->length };
}

/* Words of a runtime have neither quotes nor backslashes: what has them is in a string, cut or torn. */
static bool is_state(const struct span *state)
{
	if (!state->length || state->length > 64)
		return false;
	for (size_t i = 0; i < state->length; i++) {
		char c = state->bytes[i];
		if (c < ' ' || c > '~' || c == '\\' || c == '"')
			return false;
	}
	return true;
}

static bool parse_inside(struct span inside, struct dump_header *header)
{
	if (!take_number(&inside, ", synctest bubble ", "", &header->bubble))
		(void)take_number(&inside, ", synctest group ", "", &header->bubble);
	header->locked = take_end(&inside, ", locked to thread");
	if (take_number(&inside, ", ", " minutes", &header->minutes) &&
	    header->minutes > MINUTES_MAX)
		header->minutes = MINUTES_MAX;
	take_notes(&inside, &header->note);
	header->state = inside;
	return is_state(&header->state);
}

/* Up to 1.26 labels stand inside the bracket, from 1.27 on behind it. */
static size_t find_bracket(const char *bytes, size_t length, size_t at, struct dump_header *header,
			   struct span *ret_inside)
{
	static const char word[] = " labels:{";
	size_t end = at;
	while (end < length && bytes[end] != ']' && bytes[end] != '{' && bytes[end] != '\n')
		end++;
	if (end == length)
		return 0;
	*ret_inside = (struct span){ bytes + at, end - at };
	if (bytes[end] == ']')
		return end + 1;
	if (end < at + sizeof(word) - 2 ||
	    memcmp(bytes + end - sizeof(word) + 2, word, sizeof(word) - 1))
		return 0;
	ret_inside->length -= sizeof(word) - 2;
	size_t behind = skip_labels(bytes, length, end);
	if (!behind || behind == length || bytes[behind] != ']')
		return 0;
	header->labels = (struct span){ bytes + end, behind - end };
	return behind + 1;
}

bool dump_header_parse(const char *bytes, size_t length, struct dump_header *ret)
{
	struct dump_header header = { 0 };
	struct span inside;
	size_t at = 10;
	if (!starts(bytes, length, "goroutine ") || !dump_number(bytes, length, &at, &header.id))
		return false;
	at = skip_pointers(bytes, length, at);
	if (!starts(bytes + at, length - at, " ["))
		return false;
	at = find_bracket(bytes, length, at + 2, &header, &inside);
	if (!at || !parse_inside(inside, &header))
		return false;
	if (starts(bytes + at, length - at, " {")) {
		size_t behind = skip_labels(bytes, length, at + 1);
		if (!behind)
			return false;
		header.labels = (struct span){ bytes + at + 1, behind - at - 1 };
		at = behind;
	}
	if (at == length || bytes[at] != ':')
		return false;
	header.size = at + 1;
	*ret = header;
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_tree.h"

#include <errno.h>
#include <string.h>

#include "base/cursor.h"
#include "base/utf8.h"

#define NUMBER_LENGTH_MAX 64
#define REPLACEMENT       0xfffd

/* A value that is being read, and those around it: what is open, from the outside in. */
struct reading {
	struct cursor cursor;
	struct arena *arena;
	struct json_value *open[JSON_DEPTH_MAX];
	struct json_value *last[JSON_DEPTH_MAX]; /* of the values in it; NULL: none yet */
	size_t depth;
	size_t count;
	struct json_value *root;
};

/* The next byte, which stays; 0 at the end. */
static char peek(const struct cursor *cursor)
{
	return cursor_left(cursor) ? (char)*cursor->position : '\0';
}

static void skip_blanks(struct cursor *cursor)
{
	while (cursor_left(cursor) && memchr(" \t\r\n", *cursor->position, 4))
		cursor->position++;
}

static bool take(struct cursor *cursor, char wanted)
{
	if (!cursor_left(cursor) || (char)*cursor->position != wanted)
		return false;
	cursor->position++;
	return true;
}

static struct error *wrong(struct cursor *cursor, const char *what)
{
	cursor_fail(cursor, cursor_left(cursor) ? what : "ends too early");
	return cursor_check(cursor);
}

static int hex_digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The four digits behind "\u". */
static struct error *take_unit(struct cursor *cursor, uint32_t *ret)
{
	uint32_t unit = 0;
	for (size_t i = 0; i < 4; i++) {
		int digit = cursor_left(cursor) ? hex_digit(*cursor->position) : -1;
		if (digit < 0)
			return wrong(cursor, "an escape without four digits");
		unit = unit << 4 | (uint32_t)digit;
		cursor->position++;
	}
	*ret = unit;
	return NULL;
}

/* Half of a pair means nothing by itself. */
static struct error *take_unicode(struct cursor *cursor, uint32_t *ret)
{
	uint32_t first = 0, second = 0;
	TRY(take_unit(cursor, &first));
	if (first < 0xd800 || first > 0xdfff) {
		*ret = first ? first : REPLACEMENT;
		return NULL;
	}
	*ret = REPLACEMENT;
	bool pair = first < 0xdc00 && cursor_left(cursor) >= 2 && cursor->position[0] == '\\' &&
		    cursor->position[1] == 'u';
	if (!pair)
		return NULL;
	struct cursor behind = *cursor;
	behind.position += 2;
	TRY(take_unit(&behind, &second));
	if (second < 0xdc00 || second > 0xdfff)
		return NULL; /* it stands for itself */
	*cursor = behind;
	*ret = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
	return NULL;
}

static struct error *take_escape(struct cursor *cursor, char *into, size_t *made)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	char letter = peek(cursor);
	const char *found = letter ? strchr(letters, letter) : NULL;
	uint32_t character = 0;
	if (found) {
		into[(*made)++] = meant[found - letters];
		cursor->position++;
		return NULL;
	}
	if (!take(cursor, 'u'))
		return wrong(cursor, "an unknown escape");
	TRY(take_unicode(cursor, &character));
	*made += utf8_write(into + *made, character);
	return NULL;
}

/* Up to its closing quote; no escape is shorter than what it stands for. */
static struct error *take_string(struct reading *reading, const char **ret)
{
	struct cursor *cursor = &reading->cursor;
	if (!take(cursor, '"'))
		return wrong(cursor, "no string where one must be");
	const uint8_t *end = cursor->position;
	while (end < cursor->end && *end != '"')
		end += *end == '\\' && end + 1 < cursor->end ? 2 : 1;
	size_t made = 0, room = (size_t)(end - cursor->position);
	char *text = arena_allocate_raw(reading->arena, room + 1);
	if (!text)
		return error_no_memory();
	while (!take(cursor, '"')) {
		size_t length = utf8_character((const char *)cursor->position, cursor_left(cursor));
		if (take(cursor, '\\')) {
			TRY(take_escape(cursor, text, &made));
			continue;
		}
		if (!length)
			return wrong(cursor, "bytes that are no UTF-8");
		if (*cursor->position < 0x20)
			return wrong(cursor, "a control character in a string");
		memcpy(text + made, cursor->position, length);
		made += length;
		cursor->position += length;
	}
	text[made] = '\0';
	*ret = text;
	return NULL;
}

static size_t take_digits(struct cursor *cursor)
{
	size_t count = 0;
	for (; peek(cursor) >= '0' && peek(cursor) <= '9'; count++)
		cursor->position++;
	return count;
}

static struct error *take_number(struct cursor *cursor, struct json_value *value)
{
	char text[NUMBER_LENGTH_MAX + 1];
	const uint8_t *begin = cursor->position;
	bool whole = true;
	take(cursor, '-');
	/* 0 stands alone before the point. */
	if (!take(cursor, '0') && !take_digits(cursor))
		return wrong(cursor, "no value where one must be");
	if (take(cursor, '.')) {
		whole = false;
		if (!take_digits(cursor))
			return wrong(cursor, "a number that breaks off");
	}
	if (take(cursor, 'e') || take(cursor, 'E')) {
		whole = false;
		if (!take(cursor, '+'))
			take(cursor, '-');
		if (!take_digits(cursor))
			return wrong(cursor, "a number that breaks off");
	}
	size_t length = (size_t)(cursor->position - begin);
	if (length > NUMBER_LENGTH_MAX)
		return wrong(cursor, "a number that is too long");
	memcpy(text, begin, length);
	text[length] = '\0';
	errno = 0;
	value->kind = JSON_KIND_NUMBER;
	value->number = strtod(text, NULL);
	errno = 0;
	long long exact = strtoll(text, NULL, 10);
	value->is_whole = whole && !errno;
	value->whole = value->is_whole ? exact : 0;
	return NULL;
}

static bool take_word(struct cursor *cursor, const char *word)
{
	size_t length = strlen(word);
	if (cursor_left(cursor) < length || memcmp(cursor->position, word, length) != 0)
		return false;
	cursor->position += length;
	return true;
}

static struct error *take_scalar(struct reading *reading, struct json_value *value)
{
	struct cursor *cursor = &reading->cursor;
	if (peek(cursor) == '"') {
		value->kind = JSON_KIND_STRING;
		return take_string(reading, &value->text);
	}
	if (take_word(cursor, "null"))
		return NULL;
	bool is_true = take_word(cursor, "true");
	if (is_true || take_word(cursor, "false")) {
		value->kind = JSON_KIND_BOOL;
		value->number = is_true;
		return NULL;
	}
	return take_number(cursor, value);
}

/* Its place is behind the last one of what is open. */
static struct error *add_value(struct reading *reading, struct json_value **ret)
{
	if (++reading->count > JSON_VALUES_MAX)
		return error_new(ERROR_LIMIT, "%s: more values than are read",
				 reading->cursor.name);
	struct json_value *value = arena_allocate(reading->arena, sizeof(*value));
	if (!value)
		return error_no_memory();
	*ret = value;
	if (!reading->depth) {
		reading->root = value;
		return NULL;
	}
	struct json_value **last = &reading->last[reading->depth - 1];
	if (*last)
		(*last)->next = value;
	else
		reading->open[reading->depth - 1]->first = value;
	*last = value;
	return NULL;
}

static bool in_object(const struct reading *reading)
{
	return reading->depth && reading->open[reading->depth - 1]->kind == JSON_KIND_OBJECT;
}

static struct error *take_key(struct reading *reading, struct json_value *value)
{
	struct cursor *cursor = &reading->cursor;
	if (!in_object(reading))
		return NULL;
	TRY(take_string(reading, &value->key));
	skip_blanks(cursor);
	if (!take(cursor, ':'))
		return wrong(cursor, "no colon behind a name");
	skip_blanks(cursor);
	return NULL;
}

/* Go into an array or object; false: it is none. */
static struct error *take_opening(struct reading *reading, struct json_value *value, bool *ret)
{
	struct cursor *cursor = &reading->cursor;
	*ret = true;
	if (take(cursor, '['))
		value->kind = JSON_KIND_ARRAY;
	else if (take(cursor, '{'))
		value->kind = JSON_KIND_OBJECT;
	else
		*ret = false;
	if (!*ret)
		return NULL;
	if (reading->depth == JSON_DEPTH_MAX)
		return wrong(cursor, "values that lie too deep in each other");
	reading->open[reading->depth] = value;
	reading->last[reading->depth++] = NULL;
	return NULL;
}

static bool take_closing(struct reading *reading)
{
	skip_blanks(&reading->cursor);
	if (!reading->depth || !take(&reading->cursor, in_object(reading) ? '}' : ']'))
		return false;
	reading->depth--;
	return true;
}

/* A value, and whatever closes behind it, up to the comma before the next one. */
static struct error *take_value(struct reading *reading)
{
	struct json_value *value = NULL;
	bool opened;
	skip_blanks(&reading->cursor);
	TRY(add_value(reading, &value));
	TRY(take_key(reading, value));
	TRY(take_opening(reading, value, &opened));
	if (opened && !take_closing(reading))
		return NULL;
	if (!opened)
		TRY(take_scalar(reading, value));
	while (take_closing(reading))
		;
	if (reading->depth && !take(&reading->cursor, ','))
		return wrong(&reading->cursor, "neither a comma nor a closing bracket");
	return NULL;
}

struct error *json_tree_read(const void *bytes, size_t size, const char *name, struct arena *arena,
			     const struct json_value **ret)
{
	struct reading reading = {
		.cursor = cursor_make(bytes, size, name, 0),
		.arena = arena,
	};
	do {
		TRY(take_value(&reading));
	} while (reading.depth);
	if (cursor_left(&reading.cursor))
		return wrong(&reading.cursor, "something behind the end");
	*ret = reading.root;
	return NULL;
}

const struct json_value *json_value_member(const struct json_value *object, const char *key)
{
	if (!object || object->kind != JSON_KIND_OBJECT)
		return NULL;
	for (const struct json_value *value = object->first; value; value = value->next) {
		if (strcmp(value->key, key) == 0)
			return value;
	}
	return NULL;
}

const struct json_value *json_value_first(const struct json_value *array)
{
	return array && array->kind == JSON_KIND_ARRAY ? array->first : NULL;
}

const char *json_value_text(const struct json_value *object, const char *key)
{
	const struct json_value *value = json_value_member(object, key);
	return value && value->kind == JSON_KIND_STRING ? value->text : NULL;
}

int64_t json_value_whole(const struct json_value *object, const char *key, int64_t otherwise)
{
	const struct json_value *value = json_value_member(object, key);
	return value && value->kind == JSON_KIND_NUMBER && value->is_whole ? value->whole
									   : otherwise;
}

bool json_value_true(const struct json_value *object, const char *key)
{
	const struct json_value *value = json_value_member(object, key);
	return value && value->kind == JSON_KIND_BOOL && value->number != 0;
}

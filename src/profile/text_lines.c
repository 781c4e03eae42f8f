/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "profile/text_private.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

bool text_next(struct text_reading *reading, struct text_line *ret)
{
	if (reading->at == reading->end)
		return false;
	size_t left = (size_t)(reading->end - reading->at);
	const char *end = memchr(reading->at, '\n', left);
	*ret = (struct text_line){ reading->at, end ? end : reading->end };
	reading->at = end ? end + 1 : reading->end;
	while (ret->begin < ret->end && is_blank(*ret->begin))
		ret->begin++;
	while (ret->end > ret->begin && is_blank(ret->end[-1]))
		ret->end--;
	return true;
}

static void skip_blanks(struct text_line *line)
{
	while (line->begin < line->end && is_blank(*line->begin))
		line->begin++;
}

bool text_char(struct text_line *line, char c)
{
	skip_blanks(line);
	if (line->begin == line->end || *line->begin != c)
		return false;
	line->begin++;
	return true;
}

bool text_number(struct text_line *line, int64_t *ret)
{
	bool negative = text_char(line, '-');
	int64_t value = 0;
	skip_blanks(line);
	if (line->begin == line->end || *line->begin < '0' || *line->begin > '9')
		return false;
	for (; line->begin < line->end && *line->begin >= '0' && *line->begin <= '9';
	     line->begin++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *line->begin - '0', &value))
			return false;
	}
	*ret = negative ? -value : value;
	return true;
}

bool text_address(struct text_line *line, uint64_t *ret)
{
	unsigned digits = 0;
	uint64_t value = 0;
	skip_blanks(line);
	if (line->end - line->begin < 3 || line->begin[0] != '0' || line->begin[1] != 'x')
		return false;
	line->begin += 2;
	for (; line->begin < line->end; line->begin++, digits++) {
		char c = *line->begin;
		unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
							: 16;
		if (digit == 16)
			break;
		value = value << 4 | digit;
	}
	*ret = value;
	return digits && digits <= 16;
}

struct error *text_malformed(const struct text_reading *reading, const struct text_line *line,
			     const char *what)
{
	return error_new(ERROR_CORRUPT, "%s: %s at offset 0x%zx", reading->name, what,
			 (size_t)(line->begin - reading->begin));
}

static struct error *add_location(struct text_reading *reading, uint64_t address, uint32_t *ret)
{
	struct profile_location location = {
		.address = address,
		.mapping = PROFILE_NONE,
		.line_count = (uint32_t)reading->lines.count,
	};
	return builder_location(&reading->builder, &location, reading->lines.items, ret);
}

struct error *text_addresses(struct text_reading *reading, struct text_line line)
{
	uint64_t address;
	reading->addresses.count = 0;
	while (text_address(&line, &address)) {
		address--; /* into the call */
		TRY(u64_vector_append(&reading->addresses, &address));
	}
	skip_blanks(&line);
	if (line.begin < line.end)
		return text_malformed(reading, &line, "no address");
	reading->pending = true;
	return NULL;
}

/* The file and the line behind a function's name. */
static void split_position(const struct text_line *line, const char **ret_file_end,
			   int64_t *ret_line)
{
	const char *colon = line->end;
	while (colon > line->begin && colon[-1] != ':')
		colon--;
	struct text_line number = { colon, line->end };
	*ret_line = 0;
	*ret_file_end = line->end;
	if (colon > line->begin && text_number(&number, ret_line) && number.begin == number.end)
		*ret_file_end = colon - 1;
}

struct error *text_name(struct text_reading *reading, struct text_line line)
{
	struct builder *builder = &reading->builder;
	struct profile_function function = { 0 };
	struct profile_line position = { 0 };
	struct map_slot *slot;
	const char *file_end;
	uint64_t address;
	uint32_t location;
	line.begin++;
	/* "# labels: {...}", "# runtime.MemStats": nothing about an address. */
	if (!text_address(&line, &address))
		return NULL;
	skip_blanks(&line);
	const char *name = line.begin, *name_end = name;
	while (name_end < line.end && *name_end != '\t')
		name_end++;
	line.begin = name_end;
	skip_blanks(&line);
	for (const char *at = name_end; at > name; at--) {
		if (at[-1] == '+') {
			name_end = at - 1;
			break;
		}
	}
	split_position(&line, &file_end, &position.line);
	TRY(builder_text(builder, name, (size_t)(name_end - name), false, &function.name));
	function.system_name = function.name;
	TRY(builder_text(builder, line.begin, (size_t)(file_end - line.begin), false,
			 &function.file));
	TRY(builder_function(builder, &function, &position.function));
	reading->lines.count = 0;
	TRY(profile_line_vector_append(&reading->lines, &position));
	TRY(add_location(reading, address, &location));
	if (address == UINT64_MAX)
		return NULL;
	TRY(map_insert(&reading->named, address, 0, &slot));
	slot->value = location + 1u;
	return NULL;
}

struct error *text_finish(struct text_reading *reading)
{
	if (!reading->pending)
		return NULL;
	reading->pending = false;
	reading->frames.count = 0;
	for (size_t i = 0; i < reading->addresses.count; i++) {
		uint64_t address = reading->addresses.items[i];
		const struct map_slot *slot = address == UINT64_MAX
						      ? NULL
						      : map_find(&reading->named, address);
		uint32_t location;
		reading->lines.count = 0;
		if (slot)
			location = (uint32_t)slot->value - 1;
		else
			TRY(add_location(reading, address, &location));
		TRY(u32_vector_append(&reading->frames, &location));
	}
	const struct builder_sample sample = {
		.frames = reading->frames.items,
		.frame_count = (uint32_t)reading->frames.count,
		.labels = &reading->size,
		.label_count = reading->size.key != 0,
		.values = reading->values,
	};
	return builder_sample(&reading->builder, &sample);
}

static struct error *folded_frame(struct text_reading *reading, const char *begin, const char *end)
{
	struct profile_function function = { 0 };
	struct profile_line line = { 0 };
	uint32_t location;
	TRY(builder_text(&reading->builder, begin, (size_t)(end - begin), false, &function.name));
	function.system_name = function.name;
	TRY(builder_function(&reading->builder, &function, &line.function));
	reading->lines.count = 0;
	TRY(profile_line_vector_append(&reading->lines, &line));
	TRY(add_location(reading, 0, &location));
	return u32_vector_append(&reading->frames, &location);
}

/* The innermost frame stands last: leaf first is backwards. */
static struct error *folded_line(struct text_reading *reading, struct text_line line)
{
	const char *blank = line.end;
	while (blank > line.begin && blank[-1] != ' ')
		blank--;
	struct text_line number = { blank, line.end };
	if (blank == line.begin || !text_number(&number, &reading->values[0]) ||
	    number.begin != number.end)
		return text_malformed(reading, &line, "no number behind a stack");
	reading->frames.count = 0;
	for (const char *end = blank - 1, *begin = end;; end = --begin) {
		while (begin > line.begin && begin[-1] != ';')
			begin--;
		TRY(folded_frame(reading, begin, end));
		if (begin == line.begin)
			break;
	}
	const struct builder_sample sample = {
		.frames = reading->frames.items,
		.frame_count = (uint32_t)reading->frames.count,
		.values = reading->values,
	};
	return builder_sample(&reading->builder, &sample);
}

struct error *text_folded(struct text_reading *reading)
{
	struct text_line line;
	while (text_next(reading, &line)) {
		if (line.begin < line.end && *line.begin != '#')
			TRY(folded_line(reading, line));
	}
	return NULL;
}

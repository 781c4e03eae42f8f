/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/wrapping.h"

#include <string.h>

#include "base/vector.h"
#include "dump/escapes.h"
#include "dump/needle.h"
#include "dump/prefix.h"
#include "dump/races.h"

/* How far behind a header its line's end is looked for where that is written as something else. */
#define HEADER_MAX 1024

void wrapping_deinit(struct wrapping *wrapping)
{
	for (unsigned i = 0; i < WRAPPING_LAYERS_MAX; i++)
		free(wrapping->layers[i].decoded);
	*wrapping = (struct wrapping){ 0 };
}

static bool is_header(const char *at, size_t length)
{
	static const char *const profiles[] = { "goroutine profile: total ",
						"goroutineleak profile: total " };
	uint64_t id;
	size_t behind = 10;
	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++) {
		size_t size = strlen(profiles[i]);
		if (length > size && !memcmp(at, profiles[i], size))
			return true;
	}
	if (length < 14 || memcmp(at, "goroutine ", 10) != 0 ||
	    !dump_number(at, length, &behind, &id) || length - behind < 3)
		return false;
	return !memcmp(at + behind, " [", 2) ||
	       (length - behind > 6 && !memcmp(at + behind, " gp=0x", 6));
}

bool wrapping_is_header(const char *line, size_t length, size_t word, size_t *ret_begin)
{
	*ret_begin = word;
	return is_header(line + word, length - word) || race_find(line, length, word, ret_begin);
}

/* Where a goroutine's header, a counted profile's or a race report's begins; `length` where none does. */
static size_t find_header(const char *line, size_t length)
{
	const struct needle needle = NEEDLE("goroutine", 3, 8);
	size_t at = 0, begin;
	while ((at = needle_find(&needle, line, length, at)) < length) {
		if (wrapping_is_header(line, length, at, &begin))
			return begin;
		at++;
	}
	return length;
}

static bool push(struct wrapping *wrapping, enum wrapping_kind kind, const char *text,
		 size_t length)
{
	if (wrapping->count == WRAPPING_LAYERS_MAX ||
	    length > (kind == WRAPPING_JSON ? WRAPPING_KEY_MAX : WRAPPING_PREFIX_MAX))
		return false;
	struct wrapping_layer *layer = &wrapping->layers[wrapping->count++];
	layer->kind = kind;
	layer->length = length;
	layer->decoded_length = 0;
	memcpy(layer->text, text, length);
	return true;
}

/* Is there room for so much in all layers? Of a log's line, whatever it has in it. */
static bool has_room(const struct wrapping *wrapping, size_t more)
{
	uint64_t used = more;
	for (unsigned i = 0; i < wrapping->count; i++)
		used += wrapping->layers[i].decoded_length;
	return used <= wrapping->room;
}

static struct error *reserve(struct wrapping_layer *layer, size_t more)
{
	void *decoded = layer->decoded;
	size_t needed = layer->decoded_length + more + 8;
	if (needed > layer->decoded_capacity)
		TRY(vector_grow(&decoded, &layer->decoded_capacity, needed, 1));
	layer->decoded = decoded;
	return NULL;
}

/* Behind the string that begins at `at`, its first quote left out. */
static size_t skip_string(const char *line, size_t length, size_t at)
{
	while (at < length && line[at] != '"')
		at += line[at] == '\\' ? 2 : 1;
	return MIN(at + 1, length);
}

/* The key of the string that a position lies in, in an object that begins before it. */
static bool find_key(const char *line, size_t length, size_t from, size_t position,
		     struct span *ret)
{
	struct span before = { NULL, 0 };
	for (size_t at = from; at < position;) {
		const char *quote = memchr(line + at, '"', position - at);
		if (!quote)
			return false;
		size_t begin = (size_t)(quote - line) + 1, end = skip_string(line, length, begin);
		if (end > position || end == length) {
			*ret = before;
			return before.length > 0;
		}
		before = (struct span){ line + begin, end - begin - 1 };
		at = end;
	}
	return false;
}

/* Where the text of that key's string begins; 0: there is none. */
static size_t find_value(const struct wrapping_layer *layer, const char *line, size_t length)
{
	size_t at = 0;
	for (;;) {
		const char *key = at < length ? memmem(line + at, length - at, layer->text,
						       layer->length)
					      : NULL;
		if (!key)
			return 0;
		size_t behind = (size_t)(key - line) + layer->length;
		at = (size_t)(key - line) + 1;
		if (key == line || key[-1] != '"' || behind >= length || line[behind] != '"')
			continue;
		behind++;
		while (behind < length && (line[behind] == ' ' || line[behind] == ':'))
			behind++;
		if (behind < length && line[behind] == '"' && line[behind - 1] != '"')
			return behind + 1;
	}
}

static struct error *decode(struct wrapping_layer *layer, const char *text, size_t length)
{
	size_t used = 0;
	TRY(reserve(layer, length));
	char *into = layer->decoded + layer->decoded_length;
	layer->decoded_length += layer->kind == WRAPPING_OCTAL
					 ? escapes_decode_octal(text, length, into, &used)
					 : escapes_decode_quoted(text, length, into, &used);
	return NULL;
}

/* Is a header all that stands in its line? Its labels may have in them what looks like a line's end. */
static bool is_bare_header(const char *at, size_t length)
{
	struct dump_header header;
	const char *end = memchr(at, '\n', length);
	size_t size = end ? (size_t)(end - at) : length;
	if (size && at[size - 1] == '\r')
		size--;
	return dump_header_parse(at, size, &header) && header.size == size;
}

/* How the end of the header's line is written, when that is not the end of the log's line. */
static bool is_one_line(const char *line, size_t length, size_t header, enum wrapping_kind *ret)
{
	const char *at = line + header;
	size_t size = MIN(length - header, (size_t)HEADER_MAX);
	static const struct {
		const char *end;
		enum wrapping_kind kind;
	} ends[] = {
		{ ":\\n", WRAPPING_QUOTED },
		{ ":#012", WRAPPING_OCTAL },
	};
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		*ret = ends[i].kind;
		if (memmem(at, size, ends[i].end, strlen(ends[i].end)))
			return true;
	}
	/* A counted profile's has its number last. */
	*ret = WRAPPING_QUOTED;
	return !memcmp(at, "goroutine profile", MIN(size, (size_t)17)) &&
	       memmem(at, MIN(size, (size_t)64), "\\n", 2);
}

/* Where the string begins that has the header in it: what is before it tells why there is a dump. */
static size_t begin_of_text(const char *line, size_t header)
{
	for (size_t i = header; i > 0 && header - i < 4096; i--) {
		if (line[i - 1] == '"' && (i < 2 || line[i - 2] != '\\'))
			return i;
	}
	return header;
}

/* One layer more, and what is below it, in `*text`. False: there is nothing that is known. */
static bool peel(struct wrapping *wrapping, struct span *text, size_t header, bool *ret_done)
{
	const char *line = text->bytes;
	const char *brace = memchr(line, '{', header);
	enum wrapping_kind kind;
	struct span key;
	if (brace && find_key(line, text->length, (size_t)(brace - line), header, &key)) {
		size_t before = (size_t)(brace - line);
		if (before && !push(wrapping, WRAPPING_PREFIX, line, before))
			return false;
		if (!push(wrapping, WRAPPING_JSON, key.bytes, key.length))
			return false;
		struct wrapping_layer *layer = &wrapping->layers[wrapping->count - 1];
		size_t value = find_value(layer, line, text->length);
		if (!value || !has_room(wrapping, text->length - value) ||
		    !error_ignore(decode(layer, line + value, text->length - value)))
			return false;
		*text = (struct span){ layer->decoded, layer->decoded_length };
		return true;
	}
	*ret_done = true;
	if (!is_bare_header(line + header, text->length - header) &&
	    is_one_line(line, text->length, header, &kind)) {
		wrapping->whole = true;
		return push(wrapping, kind, "", 0);
	}
	/* A dump in a string has its lines' ends. */
	const char *end = memrchr(line, '\n', header);
	size_t begin = end ? (size_t)(end - line) + 1 : 0;
	wrapping->whole = wrapping->whole ||
			  (wrapping->count && memchr(line + header, '\n', text->length - header) &&
			   (char *)memchr(line + header, '\n', text->length - header) <
				   line + text->length - 1);
	return header == begin || push(wrapping, WRAPPING_PREFIX, line + begin, header - begin);
}

bool wrapping_find(struct wrapping *wrapping, const char *line, size_t length)
{
	struct span text = { line, length };
	_cleanup_(free_pointer) char *plain = NULL;
	wrapping->count = 0;
	wrapping->whole = false;
	wrapping->colours = memchr(line, '\033', length) || memmem(line, length, "\\u001b[", 7);
	if (wrapping->colours) {
		if (!(plain = malloc(length)))
			return false;
		text = (struct span){ plain, escapes_drop_colours(line, length, plain) };
	}
	bool done = false;
	while (!done) {
		size_t header = find_header(text.bytes, text.length);
		if (header == text.length || !peel(wrapping, &text, header, &done))
			return false;
	}
	for (unsigned i = 0; i < wrapping->count; i++)
		wrapping->layers[i].decoded_length = 0;
	return true;
}

/* Where it is put below a layer; layers are few, so that this may go down them by itself. */
struct descent {
	struct wrapping *wrapping;
	wrapping_taker *take;
	void *argument;
};

static struct error *take_line(const struct descent *descent, const char *line, size_t length)
{
	if (length && line[length - 1] == '\r')
		length--;
	return descent->take(descent->argument, line, length);
}

static struct error *descend(const struct descent *descent, unsigned depth, const char *line,
			     size_t length);

/* One line of what was decoded, which is of no more use afterwards. */
static struct error *hand_on_line(const struct descent *descent, unsigned depth, char *line,
				  size_t length)
{
	if (descent->wrapping->colours)
		length = escapes_drop_colours(line, length, line);
	return descend(descent, depth + 1, line, length);
}

/*
 * Hand on each line of what was decoded; the last one only if it is whole. Up to `seen` it has been
 * looked through before: a line of many parts is not searched again with each.
 */
static struct error *hand_on(const struct descent *descent, unsigned depth, size_t seen,
			     bool keep_last)
{
	struct wrapping_layer *layer = &descent->wrapping->layers[depth];
	size_t begin = 0, length = layer->decoded_length;
	while (begin < length) {
		size_t from = MAX(begin, seen);
		char *end = memchr(layer->decoded + from, '\n', length - from);
		if (!end && keep_last)
			break;
		size_t size = end ? (size_t)(end - layer->decoded) - begin : length - begin;
		TRY(hand_on_line(descent, depth, layer->decoded + begin, size));
		begin += size + 1;
	}
	begin = MIN(begin, length);
	if (begin)
		memmove(layer->decoded, layer->decoded + begin, length - begin);
	layer->decoded_length = length - begin;
	return NULL;
}

static struct error *descend_json(const struct descent *descent, unsigned depth, const char *line,
				  size_t length)
{
	struct wrapping_layer *layer = &descent->wrapping->layers[depth];
	size_t value = find_value(layer, line, length), seen = layer->decoded_length;
	if (!value)
		return take_line(descent, line, length);
	/* What is held makes way for what comes. */
	if (seen && !has_room(descent->wrapping, length - value))
		TRY(hand_on(descent, depth, seen, false));
	if (!has_room(descent->wrapping, length - value))
		return take_line(descent, line, length);
	seen = layer->decoded_length;
	TRY(decode(layer, line + value, length - value));
	if (!layer->decoded_length)
		return descend(descent, depth + 1, line, 0);
	/* Docker's lines end in an escaped newline, unless they are but a part. */
	bool parts = layer->length == 3 && !memcmp(layer->text, "log", 3);
	return hand_on(descent, depth, seen, parts);
}

static struct error *descend_one_line(const struct descent *descent, unsigned depth,
				      const char *line, size_t length)
{
	struct wrapping_layer *layer = &descent->wrapping->layers[depth];
	size_t header = find_header(line, length);
	if (header == length || !has_room(descent->wrapping, length))
		return take_line(descent, line, length);
	size_t begin = layer->kind == WRAPPING_QUOTED ? begin_of_text(line, header) : header;
	TRY(decode(layer, line + begin, length - begin));
	return hand_on(descent, depth, 0, false);
}

static struct error *descend_prefix(const struct descent *descent, unsigned depth, const char *line,
				    size_t length)
{
	struct wrapping_layer *layer = &descent->wrapping->layers[depth];
	size_t prefix = 0;
	bool part = false;
	if (!prefix_match(layer->text, layer->length, line, length, &prefix, &part)) {
		prefix = 0;
		part = false;
	}
	line += prefix;
	length -= prefix;
	if (!part && !layer->decoded_length)
		return descend(descent, depth + 1, line, length);
	bool room = has_room(descent->wrapping, length);
	if (room) {
		TRY(reserve(layer, length));
		memcpy(layer->decoded + layer->decoded_length, line, length);
		layer->decoded_length += length;
		if (part)
			return NULL;
	}
	size_t held = layer->decoded_length;
	layer->decoded_length = 0;
	if (held)
		TRY(descend(descent, depth + 1, layer->decoded, held));
	return room ? NULL : descend(descent, depth + 1, line, length);
}

static struct error *descend(const struct descent *descent, unsigned depth, const char *line,
			     size_t length)
{
	struct wrapping *wrapping = descent->wrapping;
	if (depth == wrapping->count)
		return take_line(descent, line, length);
	const struct wrapping_layer *layer = &wrapping->layers[depth];
	switch (layer->kind) {
	case WRAPPING_PREFIX:
		return descend_prefix(descent, depth, line, length);
	case WRAPPING_JSON:
		return descend_json(descent, depth, line, length);
	case WRAPPING_QUOTED:
	case WRAPPING_OCTAL:
		return descend_one_line(descent, depth, line, length);
	}
	return NULL;
}

struct error *wrapping_strip(struct wrapping *wrapping, const char *line, size_t length,
			     wrapping_taker *take, void *argument)
{
	const struct descent descent = { wrapping, take, argument };
	_cleanup_(free_pointer) char *plain = NULL;
	if (wrapping->colours && memchr(line, '\033', length)) {
		if (!(plain = malloc(length)))
			return error_no_memory();
		length = escapes_drop_colours(line, length, plain);
		line = plain;
	}
	return descend(&descent, 0, line, length);
}

bool wrapping_holds(const struct wrapping *wrapping)
{
	for (unsigned i = 0; i < wrapping->count; i++) {
		if (wrapping->layers[i].decoded_length)
			return true;
	}
	return false;
}

struct error *wrapping_flush(struct wrapping *wrapping, wrapping_taker *take, void *argument)
{
	const struct descent descent = { wrapping, take, argument };
	for (unsigned i = 0; i < wrapping->count; i++) {
		if (wrapping->layers[i].decoded_length)
			TRY(hand_on(&descent, i, 0, false));
	}
	return NULL;
}

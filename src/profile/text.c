/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/text.h"

#include <math.h>
#include <string.h>

#include "profile/text_private.h"

#define HEAP_HEAD  "heap profile:"
#define COUNT_HEAD " profile: total "

/* What is made of a line of text, at most, in bytes for each of its own. */
#define COST_EACH 8

static struct text_reading reading_of(const void *bytes, size_t size)
{
	const char *begin = bytes;
	return (struct text_reading){ .begin = begin, .at = begin, .end = begin + size };
}

static bool is_count_head(const struct text_line *line, struct text_line *ret_name)
{
	size_t length = (size_t)(line->end - line->begin);
	const char *found = memmem(line->begin, length, COUNT_HEAD, strlen(COUNT_HEAD));
	if (!found || memchr(line->begin, ' ', (size_t)(found - line->begin)))
		return false;
	struct text_line number = { found + strlen(COUNT_HEAD), line->end };
	int64_t total;
	*ret_name = (struct text_line){ line->begin, found };
	return found > line->begin && text_number(&number, &total) && number.begin == number.end;
}

static bool is_folded(const struct text_line *line)
{
	const char *blank = line->end;
	while (blank > line->begin && blank[-1] != ' ')
		blank--;
	struct text_line number = { blank, line->end };
	int64_t value;
	return blank > line->begin + 1 && text_number(&number, &value) &&
	       number.begin == number.end &&
	       memchr(line->begin, ';', (size_t)(blank - line->begin)) &&
	       !memchr(line->begin, 0, (size_t)(blank - line->begin));
}

/* All of its first lines have to be stacks, and the last may be cut. */
static bool looks_folded(const void *bytes, size_t size, bool whole)
{
	struct text_reading reading = reading_of(bytes, size);
	struct text_line line;
	unsigned good = 0;
	while (good < 8 && text_next(&reading, &line)) {
		bool cut = !whole && reading.at == reading.end;
		if (line.begin == line.end || *line.begin == '#')
			continue;
		if (!is_folded(&line))
			return cut && good;
		good++;
	}
	return good;
}

enum profile_kind profile_text_kind(const void *bytes, size_t size, bool whole)
{
	struct text_reading reading = reading_of(bytes, size);
	struct text_line line = { 0 }, name;
	while (text_next(&reading, &line) && line.begin == line.end)
		;
	if (reading.begin == reading.end || line.begin == line.end)
		return PROFILE_KIND_NONE;
	if (text_begins(&line, HEAP_HEAD))
		return PROFILE_KIND_HEAP_TEXT;
	if (is_count_head(&line, &name))
		return PROFILE_KIND_GOROUTINE_TEXT;
	return looks_folded(bytes, size, whole) ? PROFILE_KIND_FOLDED : PROFILE_KIND_NONE;
}

static struct error *set_type(struct builder *builder, const char *type, size_t length,
			      const char *unit, struct profile_type *ret)
{
	TRY(builder_text(builder, type, length, true, &ret->type));
	return builder_text(builder, unit, strlen(unit), true, &ret->unit);
}

static struct error *begin_with(struct text_reading *reading, const char *const *types,
				size_t count)
{
	struct profile *profile = reading->builder.profile;
	if (!(profile->types = calloc(count + 1, sizeof(*profile->types))))
		return error_no_memory();
	profile->type_count = (uint32_t)count;
	TRY(builder_begin(profile, &reading->builder));
	for (size_t i = 0; i < count; i++)
		TRY(set_type(&reading->builder, types[i], strlen(types[i]),
			     count == 1 || i % 2 == 0 ? "count" : "bytes", &profile->types[i]));
	return NULL;
}

/* A few of those that exist were sampled: for how many of its size a sample stands. */
/* A rate, or an average, that means nothing makes any number of it. */
static int64_t scaled(int64_t value, double scale)
{
	double number = (double)value * scale;
	if (!(number < 9.2e18))
		return INT64_MAX;
	return number <= -9.2e18 ? INT64_MIN : (int64_t)number;
}

static void unsample(int64_t rate, int64_t *count, int64_t *size)
{
	if (*count == 0 || *size == 0) {
		*count = *size = 0;
	} else if (rate > 1) {
		double average = (double)*size / (double)*count;
		double scale = 1 / (1 - exp(-average / (double)rate));
		*count = scaled(*count, scale);
		*size = scaled(*size, scale);
	}
}

/* "4: 8192 [10: 20480] @ 0x1 0x2": in use, and allocated in all. */
static bool read_pairs(struct text_line *line, int64_t ret[static 4])
{
	return text_number(line, &ret[2]) && text_char(line, ':') && text_number(line, &ret[3]) &&
	       text_char(line, '[') && text_number(line, &ret[0]) && text_char(line, ':') &&
	       text_number(line, &ret[1]) && text_char(line, ']') && text_char(line, '@');
}

static struct error *read_heap_sample(struct text_reading *reading, struct text_line line)
{
	int64_t *values = reading->values, rate = reading->builder.profile->period;
	if (!read_pairs(&line, values))
		return text_malformed(reading, &line, "no sample of a heap");
	reading->size.number = values[2]   ? values[3] / values[2]
			       : values[0] ? values[1] / values[0]
					   : 0;
	unsample(rate, &values[0], &values[1]);
	unsample(rate, &values[2], &values[3]);
	return text_addresses(reading, line);
}

/* "heap profile: 4: 8192 [10: 20480] @ heap/1048576": twice the rate. */
static struct error *read_heap_head(struct text_reading *reading)
{
	static const char *const types[] = { "alloc_objects", "alloc_space", "inuse_objects",
					     "inuse_space" };
	struct profile *profile = reading->builder.profile;
	struct builder *builder = &reading->builder;
	struct text_line line = { 0 };
	int64_t totals[4], rate = 0;
	while (text_next(reading, &line) && line.begin == line.end)
		;
	TRY(begin_with(reading, types, ARRAY_SIZE(types)));
	line.begin += strlen(HEAP_HEAD);
	if (!read_pairs(&line, totals) || !text_char(&line, 'h') || !text_begins(&line, "eap/"))
		return text_malformed(reading, &line, "no head of a heap profile");
	line.begin += strlen("eap/");
	if (!text_number(&line, &rate) || rate < 0)
		return text_malformed(reading, &line, "no rate of a heap profile");
	profile->period = rate / 2;
	TRY(set_type(builder, "space", 5, "bytes", &profile->period_type));
	TRY(builder_text(builder, "bytes", 5, false, &reading->size.key));
	return NULL;
}

static struct error *read_count_head(struct text_reading *reading)
{
	struct profile *profile = reading->builder.profile;
	struct text_line line = { 0 }, name = { 0 };
	static const char *const types[] = { "" };
	while (text_next(reading, &line) && line.begin == line.end)
		;
	TRY(begin_with(reading, types, 1));
	if (!is_count_head(&line, &name))
		return text_malformed(reading, &line, "no head of a profile");
	profile->period = 1;
	TRY(set_type(&reading->builder, name.begin, (size_t)(name.end - name.begin), "count",
		     &profile->types[0]));
	profile->period_type = profile->types[0];
	return NULL;
}

static struct error *read_count_sample(struct text_reading *reading, struct text_line line)
{
	if (!text_number(&line, &reading->values[0]) || !text_char(&line, '@'))
		return text_malformed(reading, &line, "no number of stacks");
	return text_addresses(reading, line);
}

static struct error *read_stacks(struct text_reading *reading, bool heap)
{
	struct text_line line;
	while (text_next(reading, &line)) {
		if (text_begins(&line, "---") || text_begins(&line, "MAPPED_LIBRARIES"))
			break;
		if (line.begin == line.end)
			continue;
		if (*line.begin == '#') {
			TRY(text_name(reading, line));
			continue;
		}
		TRY(text_finish(reading));
		TRY(heap ? read_heap_sample(reading, line) : read_count_sample(reading, line));
	}
	return text_finish(reading);
}

static struct error *read_folded(struct text_reading *reading)
{
	static const char *const types[] = { "samples" };
	TRY(begin_with(reading, types, 1));
	reading->builder.profile->period_type = reading->builder.profile->types[0];
	return text_folded(reading);
}

static struct error *read_kind(struct text_reading *reading, enum profile_kind kind)
{
	if (kind == PROFILE_KIND_FOLDED)
		return read_folded(reading);
	TRY(kind == PROFILE_KIND_HEAP_TEXT ? read_heap_head(reading) : read_count_head(reading));
	return read_stacks(reading, kind == PROFILE_KIND_HEAP_TEXT);
}

struct error *profile_text_read(enum profile_kind kind, struct profile_bytes *bytes,
				const char *name, struct profile **ret)
{
	_cleanup_(profile_cleanup) struct profile *profile = profile_new(name);
	if (!profile)
		return error_no_memory();
	profile->bytes = *bytes;
	*bytes = (struct profile_bytes){ 0 };
	TRY(profile_bytes_charge(&profile->bytes, name, (uint64_t)profile->bytes.size * COST_EACH));
	struct text_reading reading = reading_of(profile->bytes.bytes, profile->bytes.size);
	reading.name = name;
	reading.builder.profile = profile;
	struct error *error = read_kind(&reading, kind);
	if (!error)
		error = builder_end(&reading.builder, false);
	builder_deinit(&reading.builder);
	map_deinit(&reading.named);
	u32_vector_deinit(&reading.frames);
	u64_vector_deinit(&reading.addresses);
	profile_line_vector_deinit(&reading.lines);
	TRY(error);
	*ret = TAKE_PTR(profile);
	return NULL;
}

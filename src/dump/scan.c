/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/progress.h"
#include "dump/needle.h"
#include "dump/reader.h"
#include "dump/source.h"
#include "dump/wrapping.h"

/*
 * The way through a text: most of it is passed over, at the speed of memory, until a word is found
 * that every dump begins with; then line after line is read as long as the dump goes on.
 */

/* So far before a dump is looked for why it was made. */
#define REASON_BYTES ((size_t)8 << 10)
#define REASON_LINES 40

struct scan {
	struct text_source source;
	struct reader reader;
	struct wrapping wrapping;
	const struct dumps_options *options;
	size_t at;     /* in the window: what comes is not looked at yet */
	size_t traced; /* the same, for collections' lines */
	size_t told;   /* where the last dump has ended */
	uint64_t line; /* of `at`, from 1 */
	bool in_dump;
	bool skips; /* the rest of a line that is too long */
};

static void scan_deinit(struct scan *scan)
{
	text_source_deinit(&scan->source);
	reader_deinit(&scan->reader);
	wrapping_deinit(&scan->wrapping);
}

static struct error *take(void *argument, const char *line, size_t length)
{
	return reader_line(argument, line, length);
}

static struct error *take_note(void *argument, const char *line, size_t length)
{
	reader_note(argument, line, length);
	return NULL;
}

/* What stands before the dump that begins at `begin`. */
static struct error *look_back(struct scan *scan, size_t begin)
{
	const char *window = scan->source.window;
	size_t from = begin, lines = 0;
	size_t stop = MAX(scan->source.begin, begin > REASON_BYTES ? begin - REASON_BYTES : 0);
	stop = MAX(stop, scan->told);
	while (from > stop && lines < REASON_LINES) {
		const char *end = from - 1 > stop ? memrchr(window + stop, '\n', from - 1 - stop)
						  : NULL;
		from = end ? (size_t)(end - window) + 1 : stop;
		lines++;
	}
	while (from < begin) {
		const char *end = memchr(window + from, '\n', begin - from);
		size_t length = end ? (size_t)(end - window) - from : begin - from;
		TRY(wrapping_strip(&scan->wrapping, window + from, length, take_note,
				   &scan->reader));
		from += length + 1;
	}
	return wrapping_flush(&scan->wrapping, take_note, &scan->reader);
}

static struct error *end_dump(struct scan *scan, bool in_line)
{
	scan->in_dump = false;
	TRY(wrapping_flush(&scan->wrapping, take, &scan->reader));
	return reader_end(&scan->reader, in_line);
}

/* A line of the dump, or between its lines. */
static struct error *take_dump_line(struct scan *scan, size_t length, bool in_line)
{
	const char *line = scan->source.window + scan->at;
	scan->reader.line = scan->line;
	if (scan->wrapping.count || scan->wrapping.colours)
		TRY(wrapping_strip(&scan->wrapping, line, length, take, &scan->reader));
	else
		TRY(reader_line(&scan->reader, line,
				length && line[length - 1] == '\r' ? length - 1 : length));
	bool whole = scan->wrapping.whole && !wrapping_holds(&scan->wrapping);
	if (whole || reader_is_lost(&scan->reader))
		return end_dump(scan, in_line);
	return NULL;
}

/* Lines of the dump as far as they are in hand; true in *ret_more when more are needed. */
static struct error *read_dump(struct scan *scan, bool *ret_more)
{
	struct text_source *source = &scan->source;
	*ret_more = false;
	while (scan->in_dump) {
		const char *line = source->window + scan->at;
		const char *end = memchr(line, '\n', source->end - scan->at);
		bool last = !end && (source->ended || source->cut);
		if (!end && !last) {
			*ret_more = true;
			return NULL;
		}
		size_t length = end ? (size_t)(end - line) : source->end - scan->at;
		if (length || end)
			TRY(take_dump_line(scan, length, last));
		scan->at += length + (end != NULL);
		scan->told = scan->at;
		scan->line += end != NULL;
		scan->skips = last && source->cut;
		if (last) {
			if (scan->in_dump)
				TRY(end_dump(scan, length > 0));
			return NULL;
		}
	}
	return NULL;
}

static void pass_over(struct scan *scan, size_t to)
{
	scan->line += needle_count_lines(scan->source.window + scan->at, to - scan->at);
	scan->at = to;
}

/* The line that has what was found, in *ret_begin and *ret_end; false: its rest is not in hand yet. */
static bool find_line(const struct scan *scan, size_t found, size_t *ret_begin, size_t *ret_end)
{
	const struct text_source *source = &scan->source;
	const char *window = source->window;
	const char *before = memrchr(window + scan->at, '\n', found - scan->at);
	const char *end = found < source->end ? memchr(window + found, '\n', source->end - found)
					      : NULL;
	*ret_begin = before ? (size_t)(before - window) + 1 : scan->at;
	*ret_end = end ? (size_t)(end - window) : source->end;
	return end || source->ended || source->cut;
}

/* Does a dump begin in this line? Each of the words in it is looked at once, and at one header its rest. */
static bool line_begins_dump(struct scan *scan, size_t begin, size_t found, size_t end)
{
	const struct needle needle = NEEDLE("goroutine", 3, 8);
	const char *window = scan->source.window;
	for (; found < end; found = needle_find(&needle, window, end, found + 1)) {
		/* Most of what has the word in it is none, and told by its next bytes. */
		size_t at;
		if (wrapping_is_header(window + begin, end - begin, found - begin, &at))
			return wrapping_find(&scan->wrapping, window + begin, end - begin);
	}
	return false;
}

/* The next dump's first line, if one is in hand. */
static struct error *find_dump(struct scan *scan, bool *ret_more)
{
	struct text_source *source = &scan->source;
	const struct needle needle = NEEDLE("goroutine", 3, 8);
	*ret_more = false;
	for (size_t from = scan->at, begin, end; from < source->end; from = end) {
		size_t found = needle_find(&needle, source->window, source->end, from);
		/* The line in hand, or the last part of one, waits for its rest. */
		if (!find_line(scan, found, &begin, &end)) {
			pass_over(scan, begin);
			*ret_more = true;
			return NULL;
		}
		if (line_begins_dump(scan, begin, found, end)) {
			TRY(look_back(scan, begin));
			pass_over(scan, begin);
			scan->in_dump = true;
			return NULL;
		}
		/* What is behind needs not be looked through for this line's beginning. */
		pass_over(scan, MIN(end + 1, source->end));
		end = scan->at;
	}
	return NULL;
}

/* Lines that collections write, wherever they stand. */
static struct error *find_traces(struct scan *scan)
{
	static const struct needle needles[] = { NEEDLE("ms clock", 3, 7),
						 NEEDLE("gomaxprocs=", 5, 10) };
	const struct text_source *source = &scan->source;
	const char *window = source->window;
	const char *last = memrchr(window + scan->traced, '\n', source->end - scan->traced);
	size_t end = source->ended || source->cut ? source->end
		     : last                       ? (size_t)(last - window) + 1
						  : scan->traced;
	size_t next[2] = { scan->traced, scan->traced };
	for (size_t i = 0; i < 2; i++)
		next[i] = needle_find(&needles[i], window, end, scan->traced);
	while (next[0] < end || next[1] < end) {
		size_t found = MIN(next[0], next[1]);
		const char *before = memrchr(window + scan->traced, '\n', found - scan->traced);
		size_t begin = before ? (size_t)(before - window) + 1 : scan->traced;
		const char *behind = memchr(window + found, '\n', end - found);
		size_t stop = behind ? (size_t)(behind - window) : end;
		TRY(scan->options->on_trace(scan->options->argument, window + begin, stop - begin));
		for (size_t i = 0; i < 2; i++) {
			if (next[i] < stop)
				next[i] = needle_find(&needles[i], window, end, stop);
		}
		scan->traced = stop;
	}
	scan->traced = end;
	return NULL;
}

/* More of the text; what may still be needed stays. */
static struct error *fill(struct scan *scan)
{
	struct text_source *source = &scan->source;
	size_t keep = scan->at;
	/* A line that is in hand in part is looked at when it is whole. */
	if (!scan->in_dump)
		keep = scan->at > REASON_BYTES ? scan->at - REASON_BYTES : 0;
	if (scan->options->on_trace)
		keep = MIN(keep, scan->traced);
	keep = MAX(keep, source->begin);
	/* What is kept for its reasons alone makes way for a long line. */
	if (source->end - keep > source->capacity / 2)
		keep = scan->options->on_trace ? MIN(scan->at, scan->traced) : scan->at;
	size_t at = scan->at - keep, traced = scan->traced - MIN(keep, scan->traced);
	size_t told = scan->told - MIN(keep, scan->told);
	text_source_use(source, keep - source->begin);
	TRY(text_source_fill(source));
	scan->at = source->begin + at;
	scan->traced = source->begin + traced;
	scan->told = source->begin + told;
	scan->reader.raw = source->decompressor ? source->raw : 0;
	scan->wrapping.room = text_source_line_max(source);
	return NULL;
}

/* The rest of a line that was too long is not looked at. */
static void skip_line(struct scan *scan)
{
	struct text_source *source = &scan->source;
	const char *end = memchr(source->window + scan->at, '\n', source->end - scan->at);
	pass_over(scan, end ? (size_t)(end - source->window) + 1 : source->end);
	scan->traced = MAX(scan->traced, scan->at);
	scan->skips = !end;
}

static struct error *step(struct scan *scan, bool *ret_more)
{
	struct text_source *source = &scan->source;
	if (scan->options->on_trace)
		TRY(find_traces(scan));
	*ret_more = false;
	if (scan->skips)
		skip_line(scan);
	while (!*ret_more && !scan->skips && scan->at < source->end)
		TRY(scan->in_dump ? read_dump(scan, ret_more) : find_dump(scan, ret_more));
	return NULL;
}

static struct error *run(struct scan *scan)
{
	bool more;
	do {
		TRY(fill(scan));
		TRY(step(scan, &more));
		if (scan->source.cut) {
			/* A line without an end: what was in hand of it has been looked at. */
			scan->skips = scan->skips || scan->source.end == scan->at;
			scan->at = scan->traced = scan->source.end;
		}
	} while (!scan->source.ended);
	return scan->in_dump ? end_dump(scan, false) : NULL;
}

struct error *dumps_read(int descriptor, const char *name, const void *head, size_t head_size,
			 const struct dumps_options *options, struct dumps *ret)
{
	struct scan scan = { .options = options, .line = 1 };
	struct dumps dumps = { 0 };
	reader_init(&scan.reader, &dumps, options);
	struct error *error = text_source_init(&scan.source, descriptor, name, head, head_size);
	progress_begin("reading", 0);
	if (!error)
		error = run(&scan);
	progress_end();
	dumps.bytes = scan.source.offset + (scan.source.end - scan.source.begin);
	memcpy(dumps.problem, scan.source.problem, sizeof(dumps.problem));
	scan_deinit(&scan);
	if (error)
		dumps_deinit(&dumps);
	else
		*ret = dumps;
	return error;
}

void dump_destroy(struct dump *dump)
{
	if (!dump)
		return;
	strings_deinit(&dump->strings);
	goroutines_deinit(&dump->goroutines);
	free(dump->texts);
	dump_lock_vector_deinit(&dump->locks);
	free(dump);
}

void dumps_deinit(struct dumps *dumps)
{
	for (size_t i = 0; i < dumps->list.count; i++)
		dump_destroy(dumps->list.items[i]);
	dump_vector_deinit(&dumps->list);
}

void dump_write(const struct dump *dump, const struct goroutine *goroutine, struct writer *writer)
{
	if (!dump->texts)
		return;
	const struct dump_text *text = &dump->texts[goroutine->index];
	writer_bytes(writer, text->bytes, text->length);
}

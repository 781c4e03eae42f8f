/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/gctrace.h"

#include <string.h>

#include "dump/header.h"

/*
 * So many are kept. Of more every second one is dropped, again and again, and of those that come as many
 * are passed over: what is left is spread over all of the time, and takes some 16 MiB.
 */
#define CYCLES_MAX  200000
#define MOMENTS_MAX 200000

/* A position in a line; what is expected and not there makes it `wrong`. */
struct text_reader {
	const char *bytes;
	size_t length;
	size_t at;
	bool wrong;
};

static bool accept(struct text_reader *reader, const char *word)
{
	size_t size = strlen(word);
	if (reader->wrong || reader->length - reader->at < size ||
	    memcmp(reader->bytes + reader->at, word, size) != 0)
		return false;
	reader->at += size;
	return true;
}

static void expect(struct text_reader *reader, const char *word)
{
	if (!accept(reader, word))
		reader->wrong = true;
}

static uint64_t read_whole(struct text_reader *reader)
{
	uint64_t value = 0;
	if (reader->wrong || !dump_number(reader->bytes, reader->length, &reader->at, &value))
		reader->wrong = true;
	return value;
}

/* "0.018", "12", also "1e+03", as Go prints neither here. */
static double read_number(struct text_reader *reader)
{
	double value = (double)read_whole(reader), unit = 0.1;
	if (!accept(reader, "."))
		return value;
	for (; reader->at < reader->length; reader->at++, unit /= 10) {
		char c = reader->bytes[reader->at];
		if (c < '0' || c > '9')
			break;
		value += unit * (c - '0');
	}
	return value;
}

/* "0.14+0.35/1.2/3.0+1.1" */
static void skip_numbers(struct text_reader *reader)
{
	size_t begin = reader->at;
	while (reader->at < reader->length &&
	       strchr("0123456789.+/e-", reader->bytes[reader->at]) && reader->bytes[reader->at])
		reader->at++;
	reader->wrong = reader->wrong || reader->at == begin;
}

static void skip_until(struct text_reader *reader, const char *word)
{
	const char *found = reader->wrong ? NULL
					  : memmem(reader->bytes + reader->at,
						   reader->length - reader->at, word, strlen(word));
	if (found)
		reader->at = (size_t)(found - reader->bytes);
}

static bool parse_cycle(struct text_reader *reader, struct gc_cycle *ret)
{
	struct gc_cycle cycle = { 0 };
	expect(reader, "gc ");
	cycle.number = read_whole(reader);
	expect(reader, " @");
	cycle.at_s = read_number(reader);
	expect(reader, "s ");
	cycle.cpu_percent = read_number(reader);
	expect(reader, "%: ");
	cycle.pause_ms = read_number(reader);
	expect(reader, "+");
	cycle.mark_ms = read_number(reader);
	expect(reader, "+");
	cycle.pause_ms += read_number(reader);
	expect(reader, " ms clock, ");
	skip_numbers(reader);
	expect(reader, " ms cpu, ");
	cycle.before_mib = read_whole(reader);
	expect(reader, "->");
	cycle.after_mib = read_whole(reader);
	expect(reader, "->");
	cycle.live_mib = read_whole(reader);
	expect(reader, " MB, ");
	cycle.goal_mib = read_whole(reader);
	expect(reader, " MB goal, ");
	/* What releases have added: "0 MB stacks, 1 MB globals, ". */
	for (int i = 0; i < 4; i++) {
		uint64_t number = read_whole(reader);
		if (accept(reader, " P"))
			cycle.processors = number < UINT32_MAX ? (uint32_t)number : 0;
		else if (accept(reader, " MB "))
			skip_until(reader, ", ");
		if (cycle.processors || !accept(reader, ", "))
			break;
	}
	cycle.forced = accept(reader, " (forced)");
	*ret = cycle;
	return !reader->wrong;
}

static bool parse_moment(struct text_reader *reader, struct sched_moment *ret)
{
	struct sched_moment moment = { 0 };
	expect(reader, "SCHED ");
	moment.at_s = (double)read_whole(reader) / 1000;
	expect(reader, "ms: gomaxprocs=");
	moment.processors = read_whole(reader);
	expect(reader, " idleprocs=");
	moment.idle_processors = read_whole(reader);
	expect(reader, " threads=");
	moment.threads = read_whole(reader);
	skip_until(reader, " runqueue=");
	expect(reader, " runqueue=");
	moment.run_queue = read_whole(reader);
	if (accept(reader, " [")) {
		accept(reader, " ");
		while (!reader->wrong && reader->at < reader->length &&
		       reader->bytes[reader->at] != ']') {
			moment.run_queue += read_whole(reader);
			while (accept(reader, " "))
				;
		}
	}
	*ret = moment;
	return !reader->wrong;
}

/* Where one begins in a line; the last, since a log may have "gc " in its own words. */
static size_t find_begin(const char *line, size_t length, const char *word)
{
	size_t size = strlen(word);
	for (size_t i = length >= size ? length - size + 1 : 0; i-- > 0;) {
		if (!memcmp(line + i, word, size) && i + size < length && line[i + size] >= '0' &&
		    line[i + size] <= '9')
			return i;
	}
	return length;
}

/* Is it one of those that are kept? Else it is passed over. */
static bool is_kept(struct gctrace_thinning *thinning)
{
	return thinning->seen++ % (thinning->step ? thinning->step : 1) == 0;
}

static void thin(struct gctrace_thinning *thinning, void *items, size_t *count, size_t size)
{
	char *bytes = items;
	for (size_t i = 0; i < *count; i += 2)
		memmove(bytes + i / 2 * size, bytes + i * size, size);
	*count = (*count + 1) / 2;
	thinning->step = thinning->step ? thinning->step * 2 : 2;
}

static struct error *take_cycle(struct gctrace *trace, const struct gc_cycle *cycle)
{
	const struct gc_cycle *last = &trace->last;
	/* A program that starts counts from 1 again. */
	if (!trace->programs || cycle->number < last->number || cycle->at_s + 0.5 < last->at_s) {
		trace->cycles.count = 0;
		trace->cycles_thinned = (struct gctrace_thinning){ 0 };
		trace->programs++;
	}
	trace->last = *cycle;
	if (!is_kept(&trace->cycles_thinned))
		return NULL;
	if (trace->cycles.count == CYCLES_MAX)
		thin(&trace->cycles_thinned, trace->cycles.items, &trace->cycles.count,
		     sizeof(*trace->cycles.items));
	return gc_cycle_vector_append(&trace->cycles, cycle);
}

static struct error *take_moment(struct gctrace *trace, const struct sched_moment *moment)
{
	/* Its clock begins with the program, too. */
	if (moment->at_s < trace->last_moment.at_s) {
		trace->moments.count = 0;
		trace->moments_thinned = (struct gctrace_thinning){ 0 };
	}
	trace->last_moment = *moment;
	if (!is_kept(&trace->moments_thinned))
		return NULL;
	if (trace->moments.count == MOMENTS_MAX)
		thin(&trace->moments_thinned, trace->moments.items, &trace->moments.count,
		     sizeof(*trace->moments.items));
	return sched_moment_vector_append(&trace->moments, moment);
}

struct error *gctrace_take(void *gctrace, const char *line, size_t length)
{
	struct gctrace *trace = gctrace;
	struct gc_cycle cycle;
	struct sched_moment moment;
	size_t at = find_begin(line, length, "gc ");
	struct text_reader reader = { line, length, at, false };
	if (at < length && parse_cycle(&reader, &cycle))
		return take_cycle(trace, &cycle);
	at = find_begin(line, length, "SCHED ");
	reader = (struct text_reader){ line, length, at, false };
	if (at < length && parse_moment(&reader, &moment))
		return take_moment(trace, &moment);
	trace->strange++;
	return NULL;
}

void gctrace_deinit(struct gctrace *gctrace)
{
	gc_cycle_vector_deinit(&gctrace->cycles);
	sched_moment_vector_deinit(&gctrace->moments);
	*gctrace = (struct gctrace){ 0 };
}

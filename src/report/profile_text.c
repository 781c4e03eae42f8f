/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "profile/library.h"
#include "report/profile_report.h"
#include "report/table.h"
#include "report/wrap.h"

#define ROWS_SHOWN 6

const char *profile_value_text(const struct profile *profile, uint32_t type, int64_t value,
			       char ret[static QUANTITY_SIZE])
{
	uint32_t unit = profile->types[type].unit;
	bool negative = value < 0;
	int64_t size = !negative ? value : value == INT64_MIN ? INT64_MAX : -value;
	char text[QUANTITY_SIZE];
	if (profile_text_is(profile, unit, "bytes"))
		quantity_bytes(size, text);
	else if (profile_text_is(profile, unit, "nanoseconds"))
		quantity_duration(size, text);
	else
		quantity_count((uint64_t)size, text);
	snprintf(ret, QUANTITY_SIZE, "%s%.*s", negative ? "-" : "", QUANTITY_SIZE - 2, text);
	return ret;
}

const char *profile_verdict(const struct profile_look *look)
{
	bool two = look->evidence.before;
	switch (look->evidence.subject) {
	case PROFILE_OF_HEAP:
		return two ? "nothing that was allocated at one place grew by more than chance and "
			     "load explain"
			   : "one profile says where memory comes from, and not whether it leaks";
	case PROFILE_OF_GOROUTINE:
		return two ? "no crowd of goroutines grew"
			   : "no crowd of goroutines stands anywhere";
	case PROFILE_OF_LEAK:
		return "the runtime's own search found no goroutine that has leaked";
	case PROFILE_OF_BLOCK:
	case PROFILE_OF_MUTEX:
		return "such a profile shows no leak: a goroutine that is blocked for ever is not in "
		       "it";
	default:
		return "such a profile says nothing of leaks";
	}
}

/* What the evidence can and cannot know. */
static const char *limits_of(const struct profile_look *look)
{
	switch (look->evidence.subject) {
	case PROFILE_OF_HEAP:
		return look->evidence.before
			       ? "A profile says where memory was allocated, and not who holds it: dowse PID does."
			       : "A profile alone cannot tell a leak from a cache. Take a second one after a while at comparable load, and compare the two.";
	case PROFILE_OF_GOROUTINE:
		return "A goroutine profile says where goroutines stand, and neither who started them nor for how long they wait.";
	case PROFILE_OF_LEAK:
		return "That search misses what a global variable can reach, and is wrong where the program goes on over a weak pointer.";
	case PROFILE_OF_BLOCK:
		return "A wait is noted in a block profile when it ends: what is here has gone on. A goroutine that is blocked for ever is in the goroutine profile alone.";
	case PROFILE_OF_MUTEX:
		return "A mutex profile notes at the unlock how long others have waited: a lock that is never released is not in it.";
	default:
		return NULL;
	}
}

static void write_total(const struct profile_look *look, struct writer *writer)
{
	const struct profile_evidence *evidence = &look->evidence;
	const struct profile *now = evidence->now;
	char text[QUANTITY_SIZE], other[QUANTITY_SIZE];
	int64_t total = evidence->sites.totals[look->shown];
	profile_value_text(now, look->shown, total, text);
	if (evidence->subject == PROFILE_OF_HEAP) {
		writer_printf(writer, "%s in use", text);
		if (evidence->inuse_objects >= 0)
			writer_printf(
				writer, ", %s objects",
				profile_value_text(now, (uint32_t)evidence->inuse_objects,
						   evidence->sites.totals[evidence->inuse_objects],
						   other));
		if (evidence->alloc_bytes >= 0)
			writer_printf(
				writer, "; %s allocated in all",
				profile_value_text(now, (uint32_t)evidence->alloc_bytes,
						   evidence->sites.totals[evidence->alloc_bytes],
						   other));
		writer_string(writer, " (estimates: a profile is a sample)");
	} else {
		struct profile_text type = profile_text(now, now->types[look->shown].type);
		writer_printf(writer, "%s in all, by ", text);
		for (uint32_t i = 0; i < type.length && i < 60; i++)
			writer_char(writer, type.bytes[i] >= ' ' && type.bytes[i] <= '~'
						    ? type.bytes[i]
						    : '?');
	}
	if (evidence->before) {
		uint64_t grown = 0;
		grown = (uint64_t)total - (uint64_t)evidence->sites_before.totals[look->shown];
		writer_printf(writer, "; %s%s since the earlier profile",
			      (int64_t)grown < 0 ? "" : "+",
			      profile_value_text(now, look->shown, (int64_t)grown, other));
	}
	writer_char(writer, '\n');
}

static void add_rows(const struct profile_look *look, const struct profile_top *top,
		     struct table *table)
{
	char flat[QUANTITY_SIZE], cum[QUANTITY_SIZE];
	const struct profile *now = look->evidence.now;
	for (uint32_t i = 0; i < top->count && i < ROWS_SHOWN; i++) {
		table_cell(table, STYLE_PLAIN,
			   profile_value_text(now, look->shown, top->rows[i].flat, flat));
		table_cell(table, STYLE_PLAIN,
			   profile_value_text(now, look->shown, top->rows[i].cum, cum));
		table_cell(table, STYLE_PLAIN, top->rows[i].name);
	}
}

static void write_top(const struct profile_look *look, const struct profile_top *top,
		      const char *title, const struct style *style, struct writer *writer)
{
	struct table table = { .columns = 3, .right = { true, true }, .indent = 2 };
	if (!top->count)
		return;
	table_cell(&table, STYLE_DIM, "itself");
	table_cell(&table, STYLE_DIM, "with callees");
	table_cell(&table, STYLE_DIM, title);
	add_rows(look, top, &table);
	/* What memory has run out for is missing, as in any table. */
	error_ignore(table_write(&table, style, writer));
	table_deinit(&table);
}

void profile_text_summary(const struct profile_look *look, const struct style *style,
			  struct writer *writer)
{
	const char *limits = limits_of(look);
	if (!look->evidence.now->type_count) {
		writer_string(writer, "There is nothing in it.\n");
		return;
	}
	write_total(look, writer);
	write_top(look, &look->flat, "most by themselves", style, writer);
	write_top(look, &look->cumulative, "most with what they call", style, writer);
	if (limits)
		wrap_text(style, 0, limits, writer);
}

/* A second profile, where one is not enough; else what to read or do. */
void profile_text_next(const struct profile_look *look, const struct subject *subject,
		       const struct finding *first, struct writer *writer)
{
	enum profile_subject of = look->evidence.subject;
	bool again = !look->evidence.before &&
		     (of == PROFILE_OF_HEAP || of == PROFILE_OF_GOROUTINE);
	/* There is no process that dowse could look at, and perhaps no such address. */
	if (!library_is_go(look->evidence.now)) {
		if (again)
			writer_string(
				writer,
				"next: a second profile after a while at comparable load; then dowse BEFORE AFTER\n");
		return;
	}
	writer_string(writer, "next: ");
	if (again && !strcmp(subject->kind, "url")) {
		writer_string(writer, "dowse ");
		if (!subject_operand(subject, writer))
			writer_string(writer, "URL");
		writer_string(writer, " --over 30s");
	} else if (again) {
		writer_printf(writer, "curl -so later.pprof http://HOST/debug/pprof/%s; dowse ",
			      profile_subject_name(of));
		if (!subject_operand(subject, writer))
			writer_string(writer, "FILE");
		writer_string(writer, " later.pprof");
	} else {
		writer_string(writer, "dowse PID looks at the process itself");
	}
	if (first)
		writer_printf(writer, "   or: dowse explain %s", rules_get(first->rule)->name);
	writer_char(writer, '\n');
}

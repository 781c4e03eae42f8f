/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/map.h"
#include "model/quantity.h"
#include "report/goroutines_report.h"
#include "report/safe.h"
#include "report/stack_text.h"
#include "report/wait_text.h"

#define SCREEN_LINES    44 /* what is shown where nobody says how much */
#define GROUPS_MIN      3
#define FRAMES_OF_GROUP 6
#define COUNT_COLUMNS   7
#define BODY_COLUMN     (COUNT_COLUMNS + 4)

uint64_t goroutines_report_matched(const struct goroutines_report *report)
{
	uint64_t matched = 0;
	for (size_t i = 0; i < report->groups->count; i++)
		matched += report->groups->items[i].total;
	return matched;
}

static void write_moment(const struct goroutines_report *report, struct writer *writer)
{
	const struct goroutines *goroutines = report->goroutines;
	char text[QUANTITY_SIZE];
	if (!subject_runs(report->subject))
		return;
	if (goroutines->torn) {
		writer_string(writer,
			      "; read without a stop, so that they may be of different moments");
	} else {
		writer_string(writer, "; stopped for ");
		writer_string(writer, quantity_duration((int64_t)goroutines->pause_ns, text));
	}
}

/* The first line: how many, in how many groups, what it cost, and what is missing. */
static void write_verdict(const struct goroutines_report *report, struct writer *writer)
{
	const struct goroutines *goroutines = report->goroutines;
	uint64_t matched = goroutines_report_matched(report);
	uint64_t count = goroutines_count(goroutines, report->filter->system);
	subject_text(report->subject, report->style, writer);
	writer_string(writer, ": ");
	if (matched == count) {
		quantity_write(writer, count, "goroutine", "goroutines");
	} else {
		char text[QUANTITY_SIZE];
		writer_string(writer, quantity_count(matched, text));
		writer_string(writer, " of ");
		quantity_write(writer, count, "goroutine matches", "goroutines match");
	}
	writer_string(writer, " in ");
	quantity_write(writer, report->groups->count, "group", "groups");
	write_moment(report, writer);
	writer_string(writer, ".\n");
	if (goroutines->unreadable) {
		style_string(report->style, STYLE_YELLOW, "warning: ", writer);
		quantity_write(writer, goroutines->unreadable, "goroutine", "goroutines");
		writer_string(writer, " could not be read and are not counted here\n");
	}
	if (goroutines->unstopped_threads) {
		style_string(report->style, STYLE_YELLOW, "warning: ", writer);
		quantity_write(writer, goroutines->unstopped_threads, "thread", "threads");
		writer_string(writer, " slept in the kernel and could not be stopped\n");
	}
	subject_warnings_text(report->subject, report->style, writer);
}

/* What a goroutine waits for, as an address; 0 where there is no single one. */
static uint64_t awaited(const struct wait *wait)
{
	if (wait->kind == WAIT_CHANNEL && wait->channel_count == 1)
		return wait->channels[0].address;
	return wait->kind == WAIT_CHANNEL || wait->kind == WAIT_SELECT ? 0 : wait->address;
}

/* How many different things the members wait for; 0 when that is not known of all. */
static size_t count_awaited(const struct goroutines_report *report,
			    const struct goroutine_group *group)
{
	_cleanup_(map_deinit) struct map seen = { 0 };
	for (uint32_t i = 0; i < group->count; i++) {
		const struct goroutine *member = &report->goroutines->list.items[group->members[i]];
		uint64_t address = awaited(&member->wait);
		struct map_slot *slot;
		if (!address || address == UINT64_MAX ||
		    !error_ignore(map_insert(&seen, address, 0, &slot)))
			return 0;
	}
	return seen.count;
}

static void write_wait(const struct goroutines_report *report, const struct goroutine *goroutine,
		       const struct goroutine_group *group, struct writer *writer, unsigned *lines)
{
	struct writer line = WRITER_TO_MEMORY;
	/* The state has said it already. */
	if (report->goroutines->told && !awaited(&goroutine->wait))
		return;
	if (wait_text(&goroutine->wait, &line)) {
		size_t things = group && group->count > 1 ? count_awaited(report, group) : 0;
		if (things == 1 && goroutine->wait.kind == WAIT_CHANNEL)
			writer_string(&line, "; the same for all");
		else if (things == (group ? group->count : 0) && things)
			writer_string(&line, "; each one its own");
		else if (things > 1)
			writer_printf(&line, "; %zu different ones", things);
		const char *text = writer_text(&line);
		writer_blanks(writer, BODY_COLUMN);
		bool alike = !group || group->count == 1 || things == 1 ||
			     goroutine->wait.kind == WAIT_NIL_CHANNEL ||
			     goroutine->wait.kind == WAIT_EMPTY_SELECT;
		writer_string(writer, alike ? "waits " : "waits, for example, ");
		writer_string(writer, text ? text : "");
		writer_char(writer, '\n');
		++*lines;
	}
	writer_deinit(&line);
}

static void write_state(const struct goroutines_report *report, const struct goroutine *goroutine,
			struct writer *writer)
{
	style_string(report->style, STYLE_BOLD,
		     *goroutine->state_text ? goroutine->state_text : "what they do is not told",
		     writer);
}

static unsigned write_group(const struct goroutines_report *report,
			    const struct goroutine_group *group, struct writer *writer)
{
	char count[QUANTITY_SIZE], waits[QUANTITY_SIZE * 2];
	unsigned lines = 2;
	quantity_count(group->total, count);
	writer_printf(writer, "\n%*s  ", COUNT_COLUMNS + 2, count);
	write_state(report, group->example, writer);
	if (group->wait_max_ns >= 0) {
		quantity_durations(group->newer ? -1 : group->wait_min_ns, group->wait_max_ns,
				   waits);
		writer_printf(writer, ", %s", waits);
	}
	if (group->total == 1 && group->example->id)
		writer_printf(writer, "  (goroutine %" PRIu64 ")", group->example->id);
	writer_char(writer, '\n');
	struct stack_text how = {
		.style = report->style,
		.places = &report->subject->places,
		.indent = BODY_COLUMN,
		.limit = FRAMES_OF_GROUP,
	};
	lines += stack_text(&how, group->example, writer);
	write_wait(report, group->example, group, writer, &lines);
	return lines;
}

static void write_groups(const struct goroutines_report *report, struct writer *writer)
{
	unsigned lines = 0;
	uint64_t shown = 0, left = goroutines_report_matched(report);
	for (size_t i = 0; i < report->groups->count; i++) {
		bool full = report->limit == UINT64_MAX
				    ? shown >= GROUPS_MIN && lines >= SCREEN_LINES
				    : shown >= report->limit;
		if (full)
			break;
		lines += write_group(report, &report->groups->items[i], writer);
		left -= report->groups->items[i].total;
		shown++;
	}
	if (shown == report->groups->count)
		return;
	writer_string(writer, "\n… ");
	quantity_write(writer, report->groups->count - shown, "more group", "more groups");
	writer_string(writer, " of ");
	quantity_write(writer, left, "goroutine", "goroutines");
	writer_printf(writer, ": --limit %zu shows them, --all each goroutine\n",
		      report->groups->count);
}

/* What still has to run when the goroutine's functions return, the next one first. */
static void write_deferred(const struct goroutine *goroutine, struct writer *writer)
{
	for (uint32_t i = 0; i < goroutine->deferred_count; i++) {
		const struct deferred_call *call = &goroutine->deferred[i];
		writer_blanks(writer, BODY_COLUMN);
		writer_string(writer, "deferred ");
		safe_string(writer, call->function);
		if (call->file) {
			writer_string(writer, "  ");
			stack_text_position(call->file, call->line, writer);
		}
		writer_char(writer, '\n');
	}
}

static void write_goroutine(const struct goroutines_report *report,
			    const struct goroutine *goroutine, struct writer *writer)
{
	char text[QUANTITY_SIZE];
	unsigned lines = 0;
	writer_printf(writer, "\ngoroutine %" PRIu64 "  ", goroutine->id);
	write_state(report, goroutine, writer);
	if (goroutine->wait_ns >= 0)
		writer_printf(writer, ", %s", quantity_duration(goroutine->wait_ns, text));
	if (goroutine->thread)
		writer_printf(writer, ", thread %d", goroutine->thread);
	if (goroutine->locked)
		writer_string(writer, ", locked to its thread");
	if (goroutine->system)
		writer_string(writer, ", of the runtime");
	if (goroutine->labels) {
		writer_char(writer, ' ');
		safe_string(writer, goroutine->labels);
	}
	writer_char(writer, '\n');
	struct stack_text how = {
		.style = report->style,
		.places = &report->subject->places,
		.indent = BODY_COLUMN,
		.limit = UINT32_MAX,
	};
	stack_text(&how, goroutine, writer);
	write_wait(report, goroutine, NULL, writer, &lines);
	write_deferred(goroutine, writer);
}

static void write_all(const struct goroutines_report *report, struct writer *writer)
{
	uint64_t shown = 0, matched = goroutines_report_matched(report);
	for (size_t i = 0; i < report->goroutines->list.count && shown < report->limit; i++) {
		const struct goroutine *goroutine = &report->goroutines->list.items[i];
		if (!goroutine_matches(goroutine, report->filter))
			continue;
		write_goroutine(report, goroutine, writer);
		shown++;
	}
	if (shown == matched)
		return;
	writer_string(writer, "\n… ");
	quantity_write(writer, matched - shown, "more goroutine", "more goroutines");
	writer_string(writer, ": without --limit they are shown\n");
}

void goroutines_text(const struct goroutines_report *report, struct writer *writer)
{
	write_verdict(report, writer);
	if (report->all)
		write_all(report, writer);
	else
		write_groups(report, writer);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "model/quantity.h"
#include "report/diagnosis.h"
#include "report/memory_line.h"
#include "report/profile_report.h"
#include "report/safe.h"
#include "report/screen.h"
#include "report/wrap.h"

#define STATES_SHOWN 4

/* Goroutines that findings of one certainty speak of. */
static uint64_t goroutines_at(const struct findings *findings, enum certainty certainty)
{
	uint64_t count = 0;
	for (size_t i = 0; i < findings->list.count; i++) {
		if (findings->list.items[i].certainty == certainty &&
		    findings->list.items[i].example)
			count += findings->list.items[i].count;
	}
	return count;
}

/* The worst of those about memory that somebody would act on; NULL. */
static const struct finding *worst_of_memory(const struct findings *findings)
{
	const struct finding *worst = NULL;
	for (size_t i = 0; i < findings->list.count; i++) {
		const struct finding *finding = &findings->list.items[i];
		if (finding->example || finding->certainty == CERTAINTY_SUSPECT)
			continue;
		if (!worst || finding->bytes > worst->bytes)
			worst = finding;
	}
	return worst;
}

/* "main.sessions holds 611 MiB and grows 190 MiB an hour" */
static bool write_worst(const struct findings *findings, struct writer *writer)
{
	const struct finding *worst = worst_of_memory(findings);
	char text[QUANTITY_SIZE];
	if (!worst)
		return false;
	if (!worst->subject || worst->bytes <= 0) {
		safe_string_limited(writer, worst->title, SAFE_LIMIT, NULL);
		return true;
	}
	safe_string_limited(writer, worst->subject, 120, NULL);
	writer_printf(writer, " holds %s", quantity_bytes(worst->bytes, text));
	if (worst->bytes_per_hour != INT64_MIN && worst->bytes_per_hour > 0)
		writer_printf(writer, " and grows %s an hour",
			      quantity_bytes(worst->bytes_per_hour, text));
	return true;
}

/* "1,000 goroutines can never wake; 3 are likely to be leaked": most certain first. */
static bool write_goroutines(const struct findings *findings, bool any, struct writer *writer)
{
	static const struct {
		enum certainty certainty;
		const char *one, *many;
	} clauses[] = {
		{ CERTAINTY_PROVED, "can never wake", "can never wake" },
		{ CERTAINTY_LIKELY, "is likely to be leaked", "are likely to be leaked" },
		{ CERTAINTY_SUSPECT, "is worth a look", "are worth a look" },
	};
	char text[QUANTITY_SIZE];
	bool named = false;
	for (size_t i = 0; i < ARRAY_SIZE(clauses); i++) {
		uint64_t count = goroutines_at(findings, clauses[i].certainty);
		if (!count)
			continue;
		/* The noun once, and then the numbers speak for themselves. */
		writer_printf(writer, "%s%s%s %s", any ? "; " : "", quantity_count(count, text),
			      named        ? ""
			      : count == 1 ? " goroutine"
					   : " goroutines",
			      count == 1 ? clauses[i].one : clauses[i].many);
		any = named = true;
	}
	return any;
}

static const char *nothing_found(const struct diagnosis *diagnosis)
{
	if (diagnosis->known && diagnosis->suppressed)
		return "nothing but what is known from the baseline, or suppressed";
	if (diagnosis->known)
		return "nothing but what is known from the baseline";
	if (diagnosis->suppressed)
		return "nothing but what is suppressed";
	if (diagnosis->profile && diagnosis->goroutines)
		return diagnosis->looks > 1
			       ? "two looks at its goroutines and its heap profile show no leak"
			       : "one look at its goroutines shows no leak, and one heap profile "
				 "cannot (--over 30s tells what grows)";
	if (diagnosis->profile)
		return profile_verdict(diagnosis->profile);
	if (diagnosis->races)
		return "two goroutines race; of leaks a race report tells nothing";
	if (!diagnosis->heap)
		return diagnosis->looks > 1 ? "two looks at its goroutines show no leak"
					    : "one look at its goroutines shows no leak";
	return diagnosis->looks > 1 ? "two looks show no leak"
				    : "one look shows no leak (--over 30s tells what grows)";
}

void diagnosis_verdict(const struct diagnosis *diagnosis, struct writer *writer)
{
	const struct findings *findings = diagnosis->findings;
	bool any = write_worst(findings, writer);
	any = write_goroutines(findings, any, writer);
	if (!any && findings->list.count)
		quantity_write(writer, findings->list.count, "thing is worth a look",
			       "things are worth a look");
	else if (!any)
		writer_string(writer, nothing_found(diagnosis));
	if (diagnosis->memory)
		memory_line_verdict(diagnosis->memory, writer);
	writer_char(writer, '.');
}

/* What the screen has room for; with --all everything. */
static void write_findings(const struct diagnosis *diagnosis, size_t lines,
			   const struct style *style, struct writer *writer)
{
	const struct findings *findings = diagnosis->findings;
	for (size_t i = 0; diagnosis->all && i < findings->list.count; i++) {
		writer_char(writer, '\n');
		finding_text(&findings->list.items[i], FINDING_SOURCE, style, writer);
	}
	if (diagnosis->all || !findings->list.count)
		return;
	struct screen screen = screen_plan(findings, lines, style);
	screen_text(&screen, findings, style, writer);
	size_t more = findings->list.count - screen.count;
	/* What is said last has the least said of it. */
	if (!more && screen.depths[screen.count - 1] >= FINDING_WHOLE)
		return;
	style_begin(style, STYLE_DIM, writer);
	if (more) {
		writer_string(writer, "… ");
		quantity_write(writer, more, "more finding", "more findings");
		writer_string(writer, "; ");
	}
	writer_string(writer, "--all shows all findings in full\n");
	style_end(style, STYLE_DIM, writer);
}

/* A subject, as it looks, and a sentence about it: within the width. */
static void write_behind_subject(const struct subject *subject, size_t column,
				 struct writer *sentence, const struct style *style,
				 struct writer *writer)
{
	static const struct style plain = { 0 };
	_cleanup_(writer_deinit) struct writer name = WRITER_TO_MEMORY;
	subject_text(subject, &plain, &name);
	const char *text = writer_text(&name), *rest = writer_text(sentence);
	subject_text(subject, style, writer);
	column += text ? wrap_columns(text, name.length) : 0;
	size_t head = rest ? strcspn(rest, " ") : 0;
	writer_bytes(writer, rest, head);
	if (rest)
		wrap_from(style, 0, column + head, rest + head + strspn(rest + head, " "), writer);
}

/* "against shop (pid 7, go1.26.8, up 5 min): 2 gone (1 shown to be mended), 1 stayed, 0 new." */
static void write_comparison(const struct diagnosis *diagnosis, const struct style *style,
			     struct writer *writer)
{
	size_t fresh = 0, stayed = 0, mended = 0;
	if (!diagnosis->before)
		return;
	for (size_t i = 0; i < diagnosis->findings->list.count; i++) {
		fresh += diagnosis->findings->list.items[i].change == CHANGE_NEW;
		stayed += diagnosis->findings->list.items[i].change == CHANGE_STAYED;
	}
	for (size_t i = 0; i < diagnosis->gone->list.count; i++)
		mended += diagnosis->gone->list.items[i].mended;
	_cleanup_(writer_deinit) struct writer text = WRITER_TO_MEMORY;
	writer_printf(&text, ": %zu gone", diagnosis->gone->list.count);
	if (diagnosis->gone->list.count)
		writer_printf(&text, " (%zu shown to be mended)", mended);
	writer_printf(&text, ", %zu stayed, %zu new.", stayed, fresh);
	writer_string(writer, "against ");
	write_behind_subject(diagnosis->before, strlen("against "), &text, style, writer);
}

static void write_gone(const struct diagnosis *diagnosis, const struct style *style,
		       struct writer *writer)
{
	if (!diagnosis->before)
		return;
	size_t count = diagnosis->gone->list.count;
	size_t listed = diagnosis->all ? count : MIN(count, (size_t)SCREEN_FINDINGS);
	for (size_t i = 0; i < listed; i++) {
		writer_char(writer, '\n');
		finding_text(&diagnosis->gone->list.items[i], FINDING_WHOLE, style, writer);
	}
	if (count > listed) {
		writer_string(writer, "\n… ");
		quantity_write(writer, count - listed, "more is gone", "more are gone");
		writer_string(writer, ": --all\n");
	}
}

/* What was left out, and which lines of the file were for nothing. */
static void write_left_out(const struct diagnosis *diagnosis, struct writer *writer)
{
	const struct suppressions *suppressions = diagnosis->suppressions;
	if (diagnosis->suppressed && suppressions)
		writer_printf(writer, "%zu suppressed by %s\n", diagnosis->suppressed,
			      suppressions->name);
	else if (diagnosis->suppressed)
		writer_printf(writer, "%zu ignored\n", diagnosis->suppressed);
	if (diagnosis->known)
		writer_printf(writer, "%zu known from the baseline\n", diagnosis->known);
	for (size_t i = 0; suppressions && i < suppressions->list.count; i++) {
		const struct suppression *one = &suppressions->list.items[i];
		if (!one->used)
			writer_printf(writer, "%s:%u suppresses nothing: %s\n", suppressions->name,
				      one->line, one->pattern);
	}
}

struct state_count {
	const char *state;
	uint64_t count;
};

DEFINE_VECTOR(state_vector, struct state_count);

static int state_compare(const void *left, const void *right)
{
	const struct state_count *a = left, *b = right;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return strcmp(a->state, b->state);
}

/* The states are some dozens at most: a list is as good as a map. */
static bool count_states(const struct goroutine_group_vector *groups, struct state_vector *ret)
{
	for (size_t i = 0; i < groups->count; i++) {
		const char *state = groups->items[i].example->state_text;
		size_t at = 0;
		while (at < ret->count && strcmp(ret->items[at].state, state) != 0)
			at++;
		struct state_count fresh = { .state = state };
		if (at == ret->count && !error_ignore(state_vector_append(ret, &fresh)))
			return false;
		ret->items[at].count += groups->items[i].total;
	}
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), state_compare);
	return true;
}

static void write_states(const struct diagnosis *diagnosis, struct writer *writer)
{
	_cleanup_(state_vector_deinit) struct state_vector states = { 0 };
	char text[QUANTITY_SIZE];
	uint64_t total = goroutines_count(diagnosis->goroutines, false), shown = 0;
	quantity_write(writer, total, "goroutine", "goroutines");
	if (!count_states(diagnosis->groups, &states) || !states.count)
		return;
	writer_string(writer, ": ");
	size_t listed = states.count <= STATES_SHOWN + 1 ? states.count : STATES_SHOWN;
	for (size_t i = 0; i < listed; i++) {
		writer_printf(writer, "%s%s ", i ? ", " : "",
			      quantity_count(states.items[i].count, text));
		/* Counted stacks have none. */
		safe_string(writer, *states.items[i].state ? states.items[i].state
							   : "in a state that is not told");
		shown += states.items[i].count;
	}
	if (shown < total)
		writer_printf(writer, ", %s in other states", quantity_count(total - shown, text));
}

static void write_moment(const struct diagnosis *diagnosis, struct writer *writer)
{
	const struct goroutines *goroutines = diagnosis->goroutines;
	char text[QUANTITY_SIZE], first[QUANTITY_SIZE];
	if (goroutines->torn)
		writer_string(writer, " · read without a stop");
	else if (goroutines->pause_ns && diagnosis->first_pause_ns)
		writer_printf(writer, " · stopped twice, for %s and %s",
			      quantity_duration((int64_t)diagnosis->first_pause_ns, first),
			      quantity_duration((int64_t)goroutines->pause_ns, text));
	else if (goroutines->pause_ns)
		writer_printf(writer, " · stopped for %s",
			      quantity_duration((int64_t)goroutines->pause_ns, text));
	if (goroutines->unreadable) {
		writer_string(writer, " · ");
		quantity_write(writer, goroutines->unreadable, "more could not be read",
			       "more could not be read");
	}
}

/* A function's name that a shell takes between single quotes as it is. */
static bool is_typeable(const char *function)
{
	return function && *function && strlen(function) <= 100 &&
	       strspn(function, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				"_./()*-~@[]") == strlen(function);
}

/* "why shop.dowse main.sessions": what to type about the first finding. */
static void write_command(const struct diagnosis *diagnosis, const struct finding *finding,
			  struct writer *writer)
{
	const char *function = finding && finding->example ? finding->place.function : NULL;
	bool memory = finding && !finding->example;
	bool global = memory && finding->subject && finding->path_count &&
		      strcmp(finding->subject, finding->path[0]) == 0 &&
		      is_typeable(finding->subject);
	writer_string(writer, global ? "why " : memory ? "heap " : "goroutines ");
	if (!subject_operand(diagnosis->subject, writer))
		writer_string(writer, "FILE");
	if (global)
		writer_printf(writer, " '%s'", finding->subject);
	else if (memory)
		writer_string(writer, " --by holder");
	else if (is_typeable(function))
		writer_printf(writer, " --function '%s'", function);
}

/* Commands are not broken: each has a line to itself where both are too long for one. */
static void write_next(const struct diagnosis *diagnosis, const struct style *style,
		       struct writer *writer)
{
	const struct findings *findings = diagnosis->findings;
	const struct finding *first = findings->list.count ? &findings->list.items[0] : NULL;
	if (diagnosis->profile && (!diagnosis->goroutines || (first && !first->example))) {
		profile_text_next(diagnosis->profile, diagnosis->subject, first, writer);
		return;
	}
	_cleanup_(writer_deinit) struct writer line = WRITER_TO_MEMORY;
	writer_string(&line, "next: dowse ");
	write_command(diagnosis, first, &line);
	writer_bytes(writer, line.bytes, line.length);
	if (first) {
		const char *rule = rules_get(first->rule)->name;
		const char *text = writer_text(&line);
		size_t columns = text ? wrap_columns(text, line.length) : 0;
		bool fits = columns + strlen("   or: dowse explain ") + strlen(rule) <=
			    style->width;
		writer_printf(writer, "%s or: dowse explain %s", fits ? "  " : "\n ", rule);
	}
	writer_char(writer, '\n');
}

static void write_head(const struct diagnosis *diagnosis, const struct style *style,
		       struct writer *writer)
{
	_cleanup_(writer_deinit) struct writer verdict = WRITER_TO_MEMORY;
	writer_string(&verdict, ": ");
	diagnosis_verdict(diagnosis, &verdict);
	write_behind_subject(diagnosis->subject, 0, &verdict, style, writer);
	write_comparison(diagnosis, style, writer);
	subject_warnings_text(diagnosis->subject, style, writer);
}

/* A line that was put together elsewhere, with its end or without: within the width. */
static void write_wrapped(struct writer *line, const struct style *style, struct writer *writer)
{
	if (line->length && line->bytes[line->length - 1] == '\n')
		line->length--;
	const char *text = writer_text(line);
	if (text && *text)
		wrap_text(style, 0, text, writer);
	writer_deinit(line);
}

static void write_foot(const struct diagnosis *diagnosis, const struct style *style,
		       struct writer *writer)
{
	struct writer memory = WRITER_TO_MEMORY, goroutines = WRITER_TO_MEMORY;
	write_gone(diagnosis, style, writer);
	writer_char(writer, '\n');
	write_left_out(diagnosis, writer);
	if (diagnosis->memory)
		memory_line(diagnosis->memory, &memory);
	write_wrapped(&memory, style, writer);
	if (diagnosis->profile) {
		profile_text_summary(diagnosis->profile, style, writer);
	}
	if (diagnosis->goroutines) {
		write_states(diagnosis, &goroutines);
		write_moment(diagnosis, &goroutines);
	}
	write_wrapped(&goroutines, style, writer);
	write_next(diagnosis, style, writer);
}

static size_t count_lines(const struct writer *writer)
{
	size_t lines = 0;
	for (size_t i = 0; i < writer->length; i++)
		lines += writer->bytes[i] == '\n';
	return lines;
}

void diagnosis_text(const struct diagnosis *diagnosis, const struct style *style,
		    struct writer *writer)
{
	_cleanup_(writer_deinit) struct writer head = WRITER_TO_MEMORY, foot = WRITER_TO_MEMORY;
	write_head(diagnosis, style, &head);
	write_foot(diagnosis, style, &foot);
	/* The shell's prompt takes a line, what is said of --all another. */
	size_t taken = count_lines(&head) + count_lines(&foot) + 2;
	size_t lines = style->height > taken ? style->height - taken : 1;
	writer_bytes(writer, head.bytes, head.length);
	write_findings(diagnosis, style->height ? lines : 0, style, writer);
	writer_bytes(writer, foot.bytes, foot.length);
}

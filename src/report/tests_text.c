/* SPDX-License-Identifier: Apache-2.0 */
#include "report/tests_report.h"

#include <ctype.h>
#include <string.h>

#include "model/quantity.h"
#include "report/excerpt_text.h"
#include "report/safe.h"
#include "report/stack_text.h"
#include "report/wrap.h"

#define COLUMN         10
#define IN_FULL        8
#define MARK           '\x16' /* begins a line that test2json takes for the test's framework's */
#define COMMAND_LENGTH 200
#define NAME_LENGTH    191 /* a longer one may have been cut: a pattern of it would run nothing */

static void write_label(const char *label, struct writer *writer)
{
	writer_printf(writer, "    %-6s", label);
}

static void write_prose(const struct style *style, const char *label, const char *text,
			struct writer *writer)
{
	if (!text)
		return;
	write_label(label, writer);
	wrap_text(style, COLUMN, text, writer);
}

static void write_place(const char *label, const struct place *place, struct writer *writer)
{
	if (!place->function)
		return;
	write_label(label, writer);
	if (place->file && strcmp(place->file, "?") != 0) {
		stack_text_position(place->file, place->line, writer);
		writer_string(writer, "  ");
	}
	safe_string_limited(writer, place->function, 120, NULL);
	writer_char(writer, '\n');
}

/* What a shell takes as it is between single quotes. Of the flag -run some need a backslash. */
static bool is_quotable(const char *name)
{
	for (; *name; name++) {
		if (!isgraph((unsigned char)*name) || strchr("'\\", *name))
			return false;
	}
	return true;
}

/* "^TestX$/^a\.b$": one pattern a level. */
static void write_pattern(const char *name, struct writer *writer)
{
	writer_char(writer, '^');
	for (; *name; name++) {
		if (*name == '/') {
			writer_string(writer, "$/^");
			continue;
		}
		if (strchr(".+*?()|[]{}^$", *name))
			writer_char(writer, '\\');
		writer_char(writer, *name);
	}
	writer_char(writer, '$');
}

static void write_command(const char *package, const char *test, bool rounds, struct writer *writer)
{
	if (!package || !test || strlen(test) > NAME_LENGTH || !is_quotable(test))
		return;
	bool benchmark = strncmp(test, "Benchmark", 9) == 0;
	write_label("alone", writer);
	writer_printf(writer, "go test %s '", benchmark ? "-run '^$' -bench" : "-run");
	write_pattern(test, writer);
	writer_string(writer, rounds ? "' -count 5 -exec 'dowse exec' " : "' -exec 'dowse exec' ");
	safe_string_limited(writer, package, COMMAND_LENGTH, NULL);
	writer_char(writer, '\n');
}

/* What no goroutine leaves behind may be that of any test. */
static const char *whose(const struct finding *finding)
{
	if (finding->test)
		return finding->test;
	return finding->state ? "outside of tests" : "the tests";
}

static void write_head(const struct finding *finding, const struct style *style,
		       struct writer *writer)
{
	static const enum style_tone tones[] = {
		[CERTAINTY_SUSPECT] = STYLE_CYAN,
		[CERTAINTY_LIKELY] = STYLE_YELLOW,
		[CERTAINTY_PROVED] = STYLE_RED,
	};
	const struct rule *rule = rules_get(finding->rule);
	writer_string(writer, "--- ");
	style_string(style, tones[finding->certainty], "LEAK", writer);
	writer_string(writer, ": ");
	style_begin(style, STYLE_BOLD, writer);
	safe_string_limited(writer, whose(finding), 200, NULL);
	style_end(style, STYLE_BOLD, writer);
	writer_printf(writer, " (%s, %s %s)\n", certainty_name(finding->certainty), rule->code,
		      rule->name);
}

void tests_text_finding(const struct finding *finding, const struct style *style,
			struct writer *writer)
{
	write_head(finding, style, writer);
	writer_string(writer, "    ");
	wrap_text(style, 4, finding->title, writer);
	write_place("at", &finding->place, writer);
	excerpt_text(finding->source, COLUMN, style, writer);
	write_place("from", &finding->created_by, writer);
	write_prose(style, "why", finding->why, writer);
	write_prose(style, "fix", finding->fix, writer);
	write_command(finding->package, finding->test, !finding->state, writer);
}

static void write_left_head(const struct left_behind *left, const struct style *style,
			    struct writer *writer)
{
	writer_string(writer, "--- ");
	style_string(style, STYLE_YELLOW, "LEFT", writer);
	writer_string(writer, ": ");
	safe_string_limited(writer, left->test ? left->test : "outside of tests", 200, NULL);
	writer_char(writer, '\n');
}

void tests_text_left(const struct left_behind *left, const struct style *style,
		     struct writer *writer)
{
	write_left_head(left, style, writer);
	writer_string(writer, "    ");
	quantity_write(writer, left->count,
		       "goroutine is still there: ", "goroutines are still there: ");
	safe_string_limited(writer, left->state, 100, NULL);
	writer_char(writer, '\n');
	write_place("at", &left->place, writer);
	write_place("from", &left->created_by, writer);
	write_command(left->package, left->test, false, writer);
}

static void mark(const char *test, struct writer *writer)
{
	writer_printf(writer, "%c=== NAME  ", MARK);
	if (test && is_quotable(test))
		writer_string(writer, test);
	writer_char(writer, '\n');
}

/* Findings of one test, as many as there are from `from` on. */
static size_t same_test(const struct findings *findings, size_t from)
{
	size_t n = 1;
	const char *test = findings->list.items[from].test;
	while (from + n < findings->list.count) {
		const char *other = findings->list.items[from + n].test;
		if (test != other && (!test || !other || strcmp(test, other) != 0))
			break;
		n++;
	}
	return n;
}

/* The first few; a screen is soon full. */
static bool in_full(const struct diagnosis *diagnosis, size_t i)
{
	return i < IN_FULL || diagnosis->all;
}

static void write_totals(const struct diagnosis *diagnosis, struct writer *writer)
{
	size_t count = diagnosis->findings->list.count;
	writer_string(writer, "dowse: ");
	quantity_write(writer, count, "leak", "leaks");
	if (diagnosis->left_count)
		writer_printf(writer, ", %zu left", diagnosis->left_count);
	if (diagnosis->package) {
		writer_string(writer, " in ");
		safe_string_limited(writer, diagnosis->package, COMMAND_LENGTH, NULL);
	}
	if (diagnosis->suppressed)
		writer_printf(writer, ", %zu suppressed", diagnosis->suppressed);
	if (diagnosis->known)
		writer_printf(writer, ", %zu known from the baseline", diagnosis->known);
	if (count + diagnosis->left_count && !in_full(diagnosis, count + diagnosis->left_count - 1))
		writer_string(writer, "; --all shows each in full");
	writer_char(writer, '\n');
}

void tests_text(const struct diagnosis *diagnosis, bool marked, const struct style *style,
		struct writer *writer)
{
	const struct findings *findings = diagnosis->findings;
	for (size_t i = 0; i < findings->list.count;) {
		size_t n = same_test(findings, i);
		if (marked)
			mark(findings->list.items[i].test, writer);
		for (size_t j = i; j < i + n; j++) {
			if (in_full(diagnosis, j))
				tests_text_finding(&findings->list.items[j], style, writer);
			else
				write_head(&findings->list.items[j], style, writer);
		}
		i += n;
	}
	for (size_t i = 0; i < diagnosis->left_count; i++) {
		if (marked)
			mark(diagnosis->left[i].test, writer);
		if (in_full(diagnosis, findings->list.count + i))
			tests_text_left(&diagnosis->left[i], style, writer);
		else
			write_left_head(&diagnosis->left[i], style, writer);
	}
	if (marked)
		mark(NULL, writer);
	write_totals(diagnosis, writer);
}

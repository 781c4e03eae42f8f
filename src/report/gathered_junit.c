/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "report/gathered.h"
#include "report/safe.h"
#include "report/tests_report.h"

#define NAME_LIMIT 1000
#define TEXT_WIDTH 100
#define OUTSIDE    "outside of tests"

/* Two characters that UTF-8 can write and XML cannot have; others of that kind are made safe before. */
static bool is_no_character(const char *text)
{
	return strncmp(text, "\xef\xbf\xbe", 3) == 0 || strncmp(text, "\xef\xbf\xbf", 3) == 0;
}

static void write_escaped(const char *text, struct writer *writer)
{
	for (; *text; text++) {
		if (strchr("&<>\"'", *text))
			writer_printf(writer, "&#%d;", *text);
		else if (is_no_character(text))
			text += 2;
		else
			writer_char(writer, *text);
	}
}

static void write_name(const char *text, struct writer *writer)
{
	struct writer safe = WRITER_TO_MEMORY;
	safe_string_limited(&safe, text, NAME_LIMIT, NULL);
	const char *bytes = writer_text(&safe);
	write_escaped(bytes ? bytes : "", writer);
	writer_deinit(&safe);
}

static void write_attribute(const char *name, const char *value, struct writer *writer)
{
	writer_printf(writer, " %s=\"", name);
	write_name(value, writer);
	writer_char(writer, '"');
}

/* What belongs to one test of one process: a run of findings, then of what was left. */
struct test_case {
	const struct finding *findings;
	size_t finding_count;
	const struct left_behind *left;
	size_t left_count;
	const char *test; /* NULL: none */
};

static bool fails(const struct test_case *test, const struct gathered_judgement *judgement)
{
	bool any = test->left_count && judgement->left;
	for (size_t i = 0; i < test->finding_count; i++)
		any |= !judgement->never && test->findings[i].certainty >= judgement->fail_on;
	return any;
}

static void write_text(const struct test_case *test, struct writer *writer)
{
	const struct style style = { .width = TEXT_WIDTH };
	struct writer text = WRITER_TO_MEMORY;
	for (size_t i = 0; i < test->finding_count; i++)
		tests_text_finding(&test->findings[i], &style, &text);
	for (size_t i = 0; i < test->left_count; i++)
		tests_text_left(&test->left[i], &style, &text);
	const char *bytes = writer_text(&text);
	write_escaped(bytes ? bytes : "", writer);
	writer_deinit(&text);
}

/* Many readers show one failure a test: it has the text of all. */
static void write_failure(const struct test_case *test, struct writer *writer)
{
	const struct finding *first = test->finding_count ? test->findings : NULL;
	const struct rule *rule = first ? rules_get(first->rule) : NULL;
	writer_string(writer, "      <failure");
	if (first) {
		struct writer message = WRITER_TO_MEMORY;
		writer_printf(&message, "%s, %s %s: %s", certainty_name(first->certainty),
			      rule->code, rule->name, first->title);
		if (test->finding_count > 1)
			writer_printf(&message, " (and %zu more)", test->finding_count - 1);
		const char *text = writer_text(&message);
		write_attribute("message", text ? text : "", writer);
		writer_deinit(&message);
	} else {
		write_attribute("message", "goroutines are still there", writer);
	}
	write_attribute("type", rule ? rule->name : "left", writer);
	writer_char(writer, '>');
	write_text(test, writer);
	writer_string(writer, "</failure>\n");
}

static void write_case(const struct gathered_process *process, const struct test_case *test,
		       const struct gathered_judgement *judgement, struct writer *writer)
{
	writer_string(writer, "    <testcase");
	write_attribute("name", test->test ? test->test : OUTSIDE, writer);
	write_attribute("classname", process->name, writer);
	writer_string(writer, " time=\"0\">\n");
	if (fails(test, judgement)) {
		write_failure(test, writer);
	} else {
		writer_string(writer, "      <system-out>");
		write_text(test, writer);
		writer_string(writer, "</system-out>\n");
	}
	writer_string(writer, "    </testcase>\n");
}

/* The cases of one process, one after the other: both lists are sorted by process and test. */
struct case_reader {
	const struct gathered *gathered;
	size_t process;
	size_t finding; /* the next of them */
	size_t left;
};

static bool has_finding(const struct case_reader *reader)
{
	const struct finding_vector *list = &reader->gathered->findings.list;
	return reader->finding < list->count &&
	       list->items[reader->finding].process == reader->process;
}

static bool has_left(const struct case_reader *reader)
{
	const struct left_vector *list = &reader->gathered->left;
	return reader->left < list->count && list->items[reader->left].process == reader->process;
}

static bool next_case(struct case_reader *reader, struct test_case *ret)
{
	const struct finding *findings = reader->gathered->findings.list.items;
	const struct left_behind *left = reader->gathered->left.items;
	if (!has_finding(reader) && !has_left(reader))
		return false;
	const char *test = has_finding(reader) ? findings[reader->finding].test : NULL;
	const char *other = has_left(reader) ? left[reader->left].test : NULL;
	if (!has_finding(reader) || (has_left(reader) && gathered_compare_tests(other, test) < 0))
		test = other;
	*ret = (struct test_case){ .test = test };
	if (has_finding(reader))
		ret->findings = findings + reader->finding;
	for (; has_finding(reader) && text_equal(findings[reader->finding].test, test);
	     reader->finding++)
		ret->finding_count++;
	if (has_left(reader))
		ret->left = left + reader->left;
	for (; has_left(reader) && text_equal(left[reader->left].test, test); reader->left++)
		ret->left_count++;
	return true;
}

struct counts {
	size_t tests, failures;
};

static struct counts count_cases(struct case_reader reader,
				 const struct gathered_judgement *judgement)
{
	struct counts counts = { 0 };
	struct test_case test;
	while (next_case(&reader, &test)) {
		counts.tests++;
		counts.failures += fails(&test, judgement);
	}
	return counts;
}

static void write_counts(const struct counts *counts, size_t errors, struct writer *writer)
{
	writer_printf(writer, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"0\"",
		      counts->tests + errors, counts->failures, errors);
}

static void write_suite(struct case_reader *reader, const struct gathered_judgement *judgement,
			struct writer *writer)
{
	const struct gathered_process *process =
		&reader->gathered->processes.items[reader->process];
	const struct counts counts = count_cases(*reader, judgement);
	struct test_case test;
	writer_string(writer, "  <testsuite");
	write_attribute("name", process->name, writer);
	write_counts(&counts, 0, writer);
	writer_printf(writer, " time=\"%lld\">\n", (long long)MAX(process->uptime_s, 0));
	while (next_case(reader, &test))
		write_case(process, &test, judgement, writer);
	writer_string(writer, "  </testsuite>\n");
}

static void write_problems(const struct gathered_problem_vector *problems, struct writer *writer)
{
	const struct counts none = { 0 };
	if (!problems->count)
		return;
	writer_string(writer, "  <testsuite name=\"dowse report\"");
	write_counts(&none, problems->count, writer);
	writer_string(writer, " time=\"0\">\n");
	for (size_t i = 0; i < problems->count; i++) {
		writer_string(writer, "    <testcase");
		write_attribute("name", problems->items[i].file, writer);
		writer_string(writer, " classname=\"dowse report\" time=\"0\">\n      <error");
		write_attribute("message", problems->items[i].text, writer);
		writer_string(writer, " type=\"unreadable\"></error>\n    </testcase>\n");
	}
	writer_string(writer, "  </testsuite>\n");
}

void gathered_junit(const struct diagnosis *diagnosis, const struct gathered_judgement *judgement,
		    struct writer *writer)
{
	const struct gathered *gathered = diagnosis->gathered;
	struct case_reader reader = { .gathered = gathered };
	struct counts all = { 0 };
	for (; reader.process < gathered->processes.count; reader.process++) {
		const struct counts counts = count_cases(reader, judgement);
		struct test_case test;
		all.tests += counts.tests;
		all.failures += counts.failures;
		while (next_case(&reader, &test))
			;
	}
	writer_string(writer,
		      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"dowse\"");
	write_counts(&all, gathered->problems.count, writer);
	writer_string(writer, ">\n");
	reader = (struct case_reader){ .gathered = gathered };
	for (; reader.process < gathered->processes.count; reader.process++)
		write_suite(&reader, judgement, writer);
	write_problems(&gathered->problems, writer);
	writer_string(writer, "</testsuites>\n");
}

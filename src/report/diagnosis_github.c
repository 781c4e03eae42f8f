/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "model/quantity.h"
#include "report/excerpt_text.h"
#include "report/safe.h"
#include "report/source_path.h"

/*
 * Commands that GitHub's runners turn into annotations, one a line. What would end a line or a
 * property is written as %XX.
 */
static void write_escaped(const char *text, bool property, struct writer *writer)
{
	struct writer safe = WRITER_TO_MEMORY;
	safe_string_limited(&safe, text ? text : "", SAFE_LIMIT, NULL);
	const char *special = property ? "%\r\n:," : "%\r\n";
	for (size_t i = 0; i < safe.length; i++) {
		char byte = safe.bytes[i];
		if (byte && strchr(special, byte))
			writer_printf(writer, "%%%02X", (unsigned char)byte);
		else
			writer_char(writer, byte);
	}
	writer_deinit(&safe);
}

static const char *const commands[] = {
	[CERTAINTY_SUSPECT] = "notice",
	[CERTAINTY_LIKELY] = "warning",
	[CERTAINTY_PROVED] = "error",
};

static void write_property(const char *name, const char *value, bool *first, struct writer *writer)
{
	writer_printf(writer, "%s%s=", *first ? " " : ",", name);
	write_escaped(value, true, writer);
	*first = false;
}

static void write_place(const struct diagnosis *diagnosis, const struct place *place,
			const struct excerpt *source, bool *first, struct writer *writer)
{
	if (!place->file || strcmp(place->file, "?") == 0)
		return;
	const char *file = source_path_in_tree(diagnosis, place->file, source);
	write_property("file", file ? file : place->file, first, writer);
	if (place->line > 0)
		writer_printf(writer, ",line=%d", place->line);
}

/* Whose test it was, where it was one's. */
static void write_test(const char *package, const char *test, struct writer *writer)
{
	if (package) {
		write_escaped(package, false, writer);
		writer_string(writer, test ? " " : ": ");
	}
	if (test) {
		write_escaped(test, false, writer);
		writer_string(writer, ": ");
	}
}

static void write_message(const struct finding *finding, struct writer *writer)
{
	write_test(finding->package, finding->test, writer);
	const char *const parts[] = { finding->title, finding->why, finding->fix };
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!parts[i])
			continue;
		if (i)
			writer_string(writer, i == 1 ? ". " : "%0AFix: ");
		write_escaped(parts[i], false, writer);
	}
	const char *line = excerpt_line(finding->source);
	if (line && finding->source->state == EXCERPT_SAME) {
		writer_string(writer, "%0ALine: ");
		write_escaped(line, false, writer);
	}
}

static void write_left(const struct diagnosis *diagnosis, const struct left_behind *left,
		       struct writer *writer)
{
	bool first = true;
	writer_string(writer, "::warning");
	write_place(diagnosis, &left->place, NULL, &first, writer);
	writer_printf(writer, "%stitle=left::", first ? " " : ",");
	write_test(left->package, left->test, writer);
	quantity_write(writer, left->count,
		       "goroutine is still there: ", "goroutines are still there: ");
	write_escaped(left->state, false, writer);
	writer_char(writer, '\n');
}

void diagnosis_github(const struct diagnosis *diagnosis, struct writer *writer)
{
	for (size_t i = 0; i < diagnosis->findings->list.count; i++) {
		const struct finding *finding = &diagnosis->findings->list.items[i];
		const struct rule *rule = rules_get(finding->rule);
		bool first = true;
		writer_printf(writer, "::%s", commands[finding->certainty]);
		write_place(diagnosis, &finding->place, finding->source, &first, writer);
		writer_printf(writer, "%stitle=%s %s (%s)::", first ? " " : ",", rule->code,
			      rule->name, certainty_name(finding->certainty));
		write_message(finding, writer);
		writer_char(writer, '\n');
	}
	for (size_t i = 0; i < diagnosis->left_count; i++)
		write_left(diagnosis, &diagnosis->left[i], writer);
}

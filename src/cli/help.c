/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include <string.h>

#define HELP_COLUMN 22

static void help_row(const char *left, const char *right, size_t column, struct writer *writer)
{
	writer_string(writer, "  ");
	writer_string(writer, left);
	size_t used = strlen(left);
	if (used >= column) {
		writer_string(writer, "\n  ");
		used = 0;
	}
	writer_blanks(writer, column - used);
	writer_string(writer, right);
	writer_char(writer, '\n');
}

static void help_option(enum option_id id, const char *text, struct writer *writer)
{
	struct writer left = WRITER_TO_MEMORY;
	writer_string(&left, options_name(id));
	if (options_argument(id)) {
		writer_char(&left, ' ');
		writer_string(&left, options_argument(id));
	}
	const char *left_text = writer_text(&left);
	help_row(left_text ? left_text : options_name(id), text, HELP_COLUMN, writer);
	writer_deinit(&left);
}

static void help_choices(enum option_id id, const char *const *choices, struct writer *writer)
{
	struct writer text = WRITER_TO_MEMORY;
	for (size_t i = 0; choices[i]; i++) {
		writer_string(&text, i ? ", " : "");
		writer_string(&text, choices[i]);
	}
	writer_string(&text, " (default ");
	writer_string(&text, choices[0]);
	writer_string(&text, ")");
	const char *line = writer_text(&text);
	help_option(id, line ? line : "", writer);
	writer_deinit(&text);
}

static void help_options(const struct verb *verb, struct writer *writer)
{
	writer_string(writer, "\nOptions:\n");
	for (size_t i = 0; verb->options && verb->options[i] != OPTION_END; i++)
		help_option(verb->options[i], options_help(verb->options[i]), writer);
	if (verb->by)
		help_choices(OPTION_BY, verb->by, writer);
	if (verb->formats)
		help_choices(OPTION_FORMAT, verb->formats, writer);
	help_option(OPTION_OUTPUT, options_help(OPTION_OUTPUT), writer);
	if (!verb->looks_at_nothing)
		help_option(OPTION_REQUIRE_SANDBOX, options_help(OPTION_REQUIRE_SANDBOX), writer);
	help_option(OPTION_HELP, options_help(OPTION_HELP), writer);
}

void help_verb(const struct verb *verb, struct writer *writer)
{
	writer_printf(writer, "usage: dowse %s\n", verb->usage);
	if (verb->alias)
		writer_printf(writer, "       (or dowse %s)\n", verb->alias);
	writer_char(writer, '\n');
	writer_string(writer, verb->help);
	help_options(verb, writer);
}

void help_program(struct writer *writer)
{
	writer_string(
		writer,
		"dowse finds leaks in Go programs. It looks from outside: nothing is linked into the\n"
		"program, nothing restarted, and a running process is stopped for milliseconds.\n\n");
	writer_string(writer, "usage: dowse TARGET [options]\n"
			      "       dowse VERB [TARGET] [options]\n\n");
	help_row("dowse", "list the Go processes that can be looked at", HELP_COLUMN, writer);
	help_row("dowse TARGET", verb_diagnose.summary, HELP_COLUMN, writer);
	for (size_t i = 0; verbs[i]; i++) {
		struct writer left = WRITER_TO_MEMORY;
		writer_printf(&left, "dowse %s", verbs[i]->name);
		if (verbs[i]->operand)
			writer_printf(&left, verbs[i]->operands_min ? " %s" : " [%s]",
				      verbs[i]->operand);
		const char *text = writer_text(&left);
		help_row(text ? text : verbs[i]->name, verbs[i]->summary, HELP_COLUMN, writer);
		writer_deinit(&left);
	}
	writer_string(
		writer,
		"\nA TARGET is a process: its PID or its name (pid: and name: force either), a\n"
		"file with evidence, or a URL of net/http/pprof: http://HOST:PORT.\n"
		"\nOptions of dowse TARGET; every verb lists its own with --help:\n");
	for (size_t i = 0; verb_diagnose.options[i] != OPTION_END; i++)
		help_option(verb_diagnose.options[i], options_help(verb_diagnose.options[i]),
			    writer);
	help_choices(OPTION_FORMAT, verb_diagnose.formats, writer);
	help_option(OPTION_OUTPUT, options_help(OPTION_OUTPUT), writer);
	help_option(OPTION_REQUIRE_SANDBOX, options_help(OPTION_REQUIRE_SANDBOX), writer);
	help_option(OPTION_VERSION, options_help(OPTION_VERSION), writer);
	writer_string(
		writer,
		"\nExit status: 0 nothing to fail on, 1 dowse failed, 2 wrong use, 3 findings at or\n"
		"above --fail-on.\n"
		"\nExamples:\n"
		"  dowse shop                    what leaks in the process called shop\n"
		"  dowse goroutines 4242         what every goroutine of PID 4242 does\n"
		"  dowse explain nil-channel     a rule, a leaky example, its fix\n");
}

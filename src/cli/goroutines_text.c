/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/goroutines_text.h"

#include "cli/text.h"
#include "report/dumps_report.h"

/* As they stood in the text: all those that match. */
static void print_go(const struct goroutines_report *report, const struct dump *dump,
		     struct writer *writer)
{
	uint64_t shown = 0;
	for (size_t i = 0; i < dump->goroutines.list.count && shown < report->limit; i++) {
		const struct goroutine *goroutine = &dump->goroutines.list.items[i];
		if (!goroutine_matches(goroutine, report->filter))
			continue;
		if (shown++)
			writer_char(writer, '\n');
		dump_write(dump, goroutine, writer);
	}
}

static struct error *print(struct invocation *invocation, const struct text *text,
			   const struct goroutines_report *report)
{
	const struct dump *dump = text_dump(text);
	if (cli_format_is(invocation, "json"))
		return dumps_json(report, &text->dumps, invocation->options.given[OPTION_DUMP],
				  text->chosen, invocation->out);
	if (cli_format_is(invocation, "go") && dump->form != DUMP_STACKS)
		return error_new(ERROR_UNSUPPORTED,
				 "%s has no text that --format go could give back: it is %s",
				 text->subject.name,
				 dump->form == DUMP_RACE ? "a race report" : "counted stacks");
	if (cli_format_is(invocation, "go")) {
		print_go(report, dump, invocation->out);
	} else if (cli_format_is(invocation, "folded")) {
		goroutines_folded(report, invocation->out);
	} else {
		goroutines_text(report, invocation->out);
		if (!invocation->options.dump)
			dumps_list_text(&text->dumps, text->chosen, &invocation->style,
					invocation->out);
	}
	return NULL;
}

struct error *goroutines_of_text(struct invocation *invocation, struct cli_target *target)
{
	const struct options *options = &invocation->options;
	const struct dumps_options how = { .keep_texts = cli_format_is(invocation, "go") };
	if (options->save)
		return error_new(ERROR_USAGE, "--save is for a process or a core, not for a text");
	_cleanup_(text_deinit) struct text text = { 0 };
	_cleanup_(goroutine_group_vector_deinit) struct goroutine_group_vector groups = { 0 };
	TRY(text_read(target, options, &how, false, &text));
	const struct goroutine_filter filter = {
		.state = options->state,
		.function = options->function,
		.min_wait_ns = options->min_wait_ns,
		.system = options->given[OPTION_SYSTEM],
	};
	struct dump *dump = text_dump(&text);
	TRY(goroutines_group(&dump->goroutines, &filter, &groups));
	const struct goroutines_report report = {
		.subject = &text.subject,
		.goroutines = &dump->goroutines,
		.groups = &groups,
		.filter = &filter,
		.all = options->given[OPTION_ALL],
		.limit = options->limit,
		.style = &invocation->style,
	};
	return print(invocation, &text, &report);
}

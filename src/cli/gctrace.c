/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/gctrace.h"

#include "report/gctrace_report.h"

struct error *gctrace_print(struct invocation *invocation, const struct text *text,
			    const struct gctrace *trace, bool *ret_leak)
{
	struct heap_trend heap;
	struct subject subject = text->subject;
	subject.name = text_called(subject.path);
	TRY(heap_trend_find(trace, &heap));
	const struct gctrace_report report = {
		.subject = &subject,
		.trace = trace,
		.heap = &heap,
		.limit = invocation->options.limit,
		.style = &invocation->style,
	};
	if (cli_format_is(invocation, "json"))
		gctrace_json(&report, invocation->out);
	else
		gctrace_text(&report, invocation->out);
	*ret_leak = heap.verdict == HEAP_LEAK;
	return NULL;
}

static struct error *gctrace_run(struct invocation *invocation, enum cli_status *ret)
{
	(void)ret;
	_cleanup_(cli_target_deinit) struct cli_target target = { .descriptor = -1 };
	_cleanup_(text_deinit) struct text text = { 0 };
	_cleanup_(gctrace_deinit) struct gctrace trace = { 0 };
	const struct dumps_options how = { .on_trace = gctrace_take, .argument = &trace };
	bool leak;
	TRY(cli_target_find(invocation->operands[0], &target));
	if (target.kind != CLI_TARGET_TEXT)
		return error_new(ERROR_USAGE,
				 "%s is no text: gctrace reads what a program prints "
				 "with GODEBUG=gctrace=1",
				 invocation->operands[0]);
	TRY(text_read(&target, &invocation->options, &how, true, &text));
	if (!trace.cycles.count && !trace.moments.count)
		return error_new(
			ERROR_NOT_FOUND,
			"%s has no line of a collection in it: have the program print them "
			"by GODEBUG=gctrace=1",
			text_called(target.path));
	if (trace.programs > 1)
		TRY(text_warn(&text,
			      "%llu programs have written to it one after the other: this "
			      "is of the last one",
			      (unsigned long long)trace.programs));
	return gctrace_print(invocation, &text, &trace, &leak);
}

static const char *const formats[] = { "text", "json", "html", NULL };
static const enum option_id options[] = { OPTION_LIMIT, OPTION_LIMIT_SHORT, OPTION_END };

const struct verb verb_gctrace = {
	.name = "gctrace",
	.usage = "gctrace FILE [options]",
	.summary = "what the collections in a log tell: does the live heap grow?",
	.help = "The lines that a program prints with GODEBUG=gctrace=1 (and schedtrace=N), out of any log: what is\n"
		"live after each collection over time, whether that grows and how sure it is, pauses, the share\n"
		"of the processors. FILE may be -, standard input, and compressed.\n"
		"\n"
		"Examples:\n"
		"  dowse gctrace app.log\n"
		"  kubectl logs shop-0 | dowse gctrace -\n"
		"  dowse gctrace app.log.gz --format json\n",
	.formats = formats,
	.options = options,
	.operands_min = 1,
	.operands_max = 1,
	.operand = "FILE",
	.run = gctrace_run,
};

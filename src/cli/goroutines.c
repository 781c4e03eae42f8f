/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/goroutines_text.h"
#include "cli/keep.h"
#include "report/goroutines_report.h"
#include "runtime/dump.h"

/* As the runtime itself prints them: all those that match, in its order. */
static void print_dump(const struct goroutines_report *report, const struct runtime *runtime,
		       struct writer *writer)
{
	const struct goroutines *goroutines = report->goroutines;
	uint64_t shown = 0;
	for (size_t i = 0; i < goroutines->list.count && shown < report->limit; i++) {
		const struct goroutine *goroutine = &goroutines->list.items[i];
		if (!goroutine_matches(goroutine, report->filter))
			continue;
		if (shown++)
			writer_char(writer, '\n');
		runtime_dump_goroutine(runtime, goroutines, goroutine, writer);
	}
}

static void print(const struct invocation *invocation, const struct goroutines_report *report,
		  const struct runtime *runtime)
{
	if (cli_format_is(invocation, "json"))
		goroutines_json(report, invocation->out);
	else if (cli_format_is(invocation, "go"))
		print_dump(report, runtime, invocation->out);
	else if (cli_format_is(invocation, "folded"))
		goroutines_folded(report, invocation->out);
	else
		goroutines_text(report, invocation->out);
}

static struct error *goroutines_run(struct invocation *invocation, enum cli_status *ret)
{
	(void)ret;
	const struct options *options = &invocation->options;
	_cleanup_(cli_target_deinit) struct cli_target target = { .descriptor = -1 };
	_cleanup_(evidence_deinit) struct evidence evidence = { 0 };
	TRY(cli_target_find(invocation->operands[0], &target));
	if (target.kind == CLI_TARGET_TEXT)
		return goroutines_of_text(invocation, &target);
	TRY(evidence_open_target(&target, &invocation->options, &evidence));

	struct runtime_goroutines_options wanted = {
		.no_stop = options->given[OPTION_NO_STOP],
		.max_pause_ns = (uint64_t)options->max_pause_ns,
		.with_waits = true,
		.arguments = cli_format_is(invocation, "go"),
	};
	_cleanup_(runtime_goroutines_cleanup) struct goroutines *goroutines = NULL;
	TRY(keep_moment(invocation, &evidence));
	if (evidence.fork)
		wanted.max_pause_ns = 0;
	TRY(evidence_explain(&evidence,
			     runtime_goroutines(evidence.runtime, &wanted, &goroutines)));
	evidence_note_gap(&evidence);
	if (evidence.fork)
		goroutines->pause_ns = evidence.pause_ns;

	struct goroutine_filter filter = {
		.state = options->state,
		.function = options->function,
		.min_wait_ns = options->min_wait_ns,
		.system = options->given[OPTION_SYSTEM],
	};
	_cleanup_(goroutine_group_vector_deinit) struct goroutine_group_vector groups = { 0 };
	TRY(goroutines_group(goroutines, &filter, &groups));
	struct goroutines_report report = {
		.subject = &evidence.subject,
		.goroutines = goroutines,
		.groups = &groups,
		.filter = &filter,
		.all = options->given[OPTION_ALL],
		.limit = options->limit,
		.style = &invocation->style,
	};
	print(invocation, &report, evidence.runtime);
	return NULL;
}

static const char *const formats[] = { "text", "json", "html", "go", "folded", NULL };
static const enum option_id options[] = {
	OPTION_ALL,    OPTION_STATE,      OPTION_FUNCTION,    OPTION_MIN_WAIT, OPTION_DUMP,
	OPTION_SYSTEM, OPTION_LIMIT,      OPTION_LIMIT_SHORT, OPTION_NO_STOP,  OPTION_MAX_PAUSE,
	OPTION_SAVE,   OPTION_EXECUTABLE, OPTION_SPOOL,       OPTION_HEADER,   OPTION_TOKEN_FILE,
	OPTION_CACERT, OPTION_INSECURE,   OPTION_TIMEOUT,     OPTION_END,
};

const struct verb verb_goroutines = {
	.name = "goroutines",
	.alias = "stacks",
	.usage = "goroutines TARGET [options]",
	.summary = "what every goroutine does, since when, and who started it",
	.help = "Goroutines in groups by state, stack and go statement, the largest first, with how long they\n"
		"wait and for what. The process is stopped for milliseconds. --format go is the text that the\n"
		"runtime prints for debug=2; folded is for flame graphs. The runtime's own goroutines are\n"
		"left out unless --system asks for them.\n"
		"\n"
		"Examples:\n"
		"  dowse goroutines 4242                               the groups, cut to a screen\n"
		"  dowse goroutines shop --all --state 'chan receive'  each one that waits to receive\n"
		"  dowse goroutines shop --min-wait 10m --limit 100    groups of what waits for long\n"
		"  dowse goroutines shop --format go -o shop.txt       the runtime's own dump\n"
		"  dowse goroutines shop --format folded | flamegraph.pl > shop.svg\n",
	.formats = formats,
	.options = options,
	.operands_min = 1,
	.operands_max = 1,
	.operand = "TARGET",
	.run = goroutines_run,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/moment.h"
#include "report/heap_report.h"

static struct error *heap_run(struct invocation *invocation, enum cli_status *ret)
{
	(void)ret;
	_cleanup_(evidence_deinit) struct evidence evidence = { 0 };
	_cleanup_(heap_cleanup) struct heap *heap = NULL;
	_cleanup_(heap_group_vector_deinit) struct heap_group_vector types = { 0 };
	struct heap_totals totals;
	struct moment moment;
	TRY(evidence_open(invocation->operands[0], &invocation->options, &evidence));
	TRY(moment_begin(invocation, &evidence, &moment));
	TRY(evidence_explain(&evidence, heap_read(evidence.runtime, &heap)));
	moment_end(&evidence, &moment);
	evidence_note_gap(&evidence);
	TRY(heap_search(heap));
	TRY(heap_dominate(heap));
	heap_count(heap, &totals);
	TRY(heap_group_types(heap, &types));
	struct heap_report report = {
		.subject = &evidence.subject,
		.heap = heap,
		.totals = &totals,
		.types = &types,
		.pause_ns = moment.pause_ns,
		.fork_ns = moment.fork_ns,
		.limit = invocation->options.limit,
		.style = &invocation->style,
	};
	return cli_format_is(invocation, "json") ? heap_json(&report, invocation->out)
						 : heap_text(&report, invocation->out);
}

static const char *const formats[] = { "text", "json", NULL };
static const enum option_id options[] = {
	OPTION_LIMIT, OPTION_MAX_PAUSE,  OPTION_MAX_MEMORY, OPTION_SAVE,
	OPTION_SPOOL, OPTION_EXECUTABLE, OPTION_END,
};

const struct verb verb_heap = {
	.name = "heap",
	.usage = "heap TARGET [options]",
	.summary = "what is in the heap, and who holds it",
	.help = "The objects that the program can still reach, by type: how many, how much they take, and how\n"
		"much would be freed if all of a type went. The process is forked and goes on after\n"
		"milliseconds; what is read is the fork.\n"
		"\n"
		"Examples:\n"
		"  dowse heap 4242                   the types that hold most\n"
		"  dowse heap shop.dowse --limit 100 of a snapshot, more of them\n",
	.formats = formats,
	.options = options,
	.operands_min = 1,
	.operands_max = 1,
	.operand = "TARGET",
	.run = heap_run,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/writer.h"
#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/heap_index.h"
#include "cli/moment.h"
#include "report/why_report.h"

/* "goroutine 18" may come as two words. */
static const char *join_words(const struct invocation *invocation, struct writer *writer)
{
	for (size_t i = 1; i < invocation->operand_count; i++) {
		if (i > 1)
			writer_char(writer, ' ');
		writer_string(writer, invocation->operands[i]);
	}
	return writer_text(writer);
}

static struct error *answer(struct invocation *invocation, const char *what, struct heap *heap,
			    struct why_report *report)
{
	struct heap_query query;
	struct heap_why why;
	TRY(heap_dominate(heap));
	TRY(heap_query_find(heap, what, &query));
	TRY(heap_why_ask(heap, &query, report->all, &why));
	report->why = &why;
	report->what = what;
	struct error *error = cli_format_is(invocation, "json") ? why_json(report, invocation->out)
								: why_text(report, invocation->out);
	heap_why_deinit(&why);
	return error;
}

static struct error *why_run(struct invocation *invocation, enum cli_status *ret)
{
	(void)ret;
	_cleanup_(evidence_deinit) struct evidence evidence = { 0 };
	_cleanup_(heap_cleanup) struct heap *heap = NULL;
	TRY(evidence_open(invocation->operands[0], &invocation->options, &evidence));
	struct why_report report = {
		.subject = &evidence.subject,
		.all = invocation->options.given[OPTION_ALL],
		.limit = invocation->options.limit,
		.style = &invocation->style,
	};
	TRY(moment_heap(invocation, &evidence, &heap, &report.pause_ns, &report.fork_ns));
	struct writer what = WRITER_TO_MEMORY;
	const char *text = join_words(invocation, &what);
	struct error *error = text ? answer(invocation, text, heap, &report) : error_no_memory();
	writer_deinit(&what);
	TRY(error);
	heap_index_keep(invocation, &evidence, heap);
	return NULL;
}

static const char *const formats[] = { "text", "json", "html", NULL };
static const enum option_id options[] = {
	OPTION_ALL,  OPTION_LIMIT, OPTION_LIMIT_SHORT, OPTION_MAX_PAUSE, OPTION_MAX_MEMORY,
	OPTION_SAVE, OPTION_SPOOL, OPTION_EXECUTABLE,  OPTION_NO_INDEX,  OPTION_END,
};

const struct verb verb_why = {
	.name = "why",
	.usage = "why TARGET WHAT [options]",
	.summary = "why something is still there: the ways that lead to it, and who holds it",
	.help = "WHAT is an address (0xc000012000), a type (main.Session, or Session if that is clear), a\n"
		"global (main.sessions) or a goroutine (g18). For an object, or the nearest one of a type: the\n"
		"shortest way from each kind of root, field by field, and what would be freed if that one\n"
		"pointer were cut; then those without which it would go. Of a type also how many objects\n"
		"which holder has. A global and a goroutine are roots: what they hold. --all shows what maps\n"
		"consist of, too.\n"
		"\n"
		"Examples:\n"
		"  dowse why 4242 main.Session         who holds the sessions\n"
		"  dowse why shop 0xc000012000         why this object is there\n"
		"  dowse why shop.dowse main.sessions  what a global holds\n"
		"  dowse why shop goroutine 18         what a goroutine holds\n",
	.formats = formats,
	.options = options,
	.operands_min = 2,
	.operands_max = 3,
	.operand = "TARGET WHAT",
	.run = why_run,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/heap_index.h"
#include "cli/moment.h"
#include "report/show_report.h"

/* What is gathered while the process stands still. */
struct looking {
	const char *address;
	bool data;
	bool found;
	struct heap_query query;
	struct heap_fields fields;
};

static void looking_deinit(struct looking *looking)
{
	if (looking->found)
		heap_query_deinit(&looking->query);
	heap_fields_deinit(&looking->fields);
}

static struct error *find(void *argument, struct heap *heap)
{
	struct looking *looking = argument;
	TRY(heap_query_find_address(heap, looking->address, &looking->query));
	looking->found = true;
	return looking->query.kind == HEAP_QUERY_OBJECT
		       ? heap_fields_read(heap, looking->query.vertex, looking->data,
					  &looking->fields)
		       : NULL;
}

static struct error *print(struct invocation *invocation, struct show_report *report,
			   struct heap *heap)
{
	struct heap_edge_names names = { 0 };
	struct heap_incoming holders = { 0 };
	uint64_t limit = invocation->options.limit;
	struct error *error = heap_edge_names_init(&names, heap);
	if (!error && report->query->kind == HEAP_QUERY_OBJECT)
		error = heap_incoming_find(heap, report->query->vertex,
					   limit == UINT64_MAX ? HEAP_ROWS : limit, &holders);
	report->names = &names;
	report->holders = &holders;
	if (!error)
		error = cli_format_is(invocation, "json") ? show_json(report, invocation->out)
							  : show_text(report, invocation->out);
	heap_incoming_deinit(&holders);
	heap_edge_names_deinit(&names);
	return error;
}

/* What is gathered of strings and slices that contain the same. */
struct duplicates_wanted {
	size_t limit;
	struct heap_duplicates *duplicates;
};

static struct error *find_duplicates(void *argument, struct heap *heap)
{
	const struct duplicates_wanted *wanted = argument;
	return heap_duplicates_find(heap, wanted->limit, wanted->duplicates);
}

static struct error *show_duplicates(struct invocation *invocation)
{
	_cleanup_(evidence_deinit) struct evidence evidence = { 0 };
	_cleanup_(heap_cleanup) struct heap *heap = NULL;
	_cleanup_(heap_duplicates_deinit) struct heap_duplicates duplicates = { 0 };
	uint64_t limit = invocation->options.limit;
	struct duplicates_wanted wanted = {
		.limit = limit == UINT64_MAX ? HEAP_ROWS : (size_t)limit,
		.duplicates = &duplicates,
	};
	TRY(evidence_open(invocation->operands[0], &invocation->options, &evidence));
	struct duplicates_report report = {
		.subject = &evidence.subject,
		.duplicates = &duplicates,
		.style = &invocation->style,
	};
	TRY(moment_heap_with(invocation, &evidence, find_duplicates, &wanted, &heap,
			     &report.pause_ns, &report.fork_ns));
	report.heap = heap;
	TRY(cli_format_is(invocation, "json") ? show_duplicates_json(&report, invocation->out)
					      : show_duplicates_text(&report, invocation->out));
	heap_index_keep(invocation, &evidence, heap);
	return NULL;
}

/* An address, or --duplicates. */
static struct error *check_wanted(const struct invocation *invocation)
{
	bool duplicates = invocation->options.given[OPTION_DUPLICATES];
	if (duplicates && invocation->operand_count > 1)
		return error_new(ERROR_USAGE, "--duplicates looks at all objects, not at one");
	if (duplicates && !invocation->options.given[OPTION_DATA])
		return error_new(ERROR_USAGE, "--duplicates compares what strings and slices "
					      "contain, which is read only with --data");
	if (!duplicates && invocation->operand_count < 2)
		return error_new(ERROR_USAGE,
				 "show needs an ADDRESS as well, like 0xc000012000, or "
				 "--duplicates");
	return NULL;
}

static struct error *show_run(struct invocation *invocation, enum cli_status *ret)
{
	(void)ret;
	TRY(check_wanted(invocation));
	if (invocation->options.given[OPTION_DUPLICATES])
		return show_duplicates(invocation);
	_cleanup_(evidence_deinit) struct evidence evidence = { 0 };
	_cleanup_(heap_cleanup) struct heap *heap = NULL;
	_cleanup_(looking_deinit) struct looking looking = {
		.address = invocation->operands[1],
		.data = invocation->options.given[OPTION_DATA],
	};
	TRY(evidence_open(invocation->operands[0], &invocation->options, &evidence));
	struct show_report report = {
		.subject = &evidence.subject,
		.query = &looking.query,
		.fields = &looking.fields,
		.data = looking.data,
		.style = &invocation->style,
	};
	TRY(moment_heap_with(invocation, &evidence, find, &looking, &heap, &report.pause_ns,
			     &report.fork_ns));
	TRY(heap_dominate(heap));
	TRY(print(invocation, &report, heap));
	heap_index_keep(invocation, &evidence, heap);
	return NULL;
}

static const char *const formats[] = { "text", "json", "html", NULL };
static const enum option_id options[] = {
	OPTION_DATA,       OPTION_DUPLICATES, OPTION_LIMIT, OPTION_LIMIT_SHORT,
	OPTION_MAX_PAUSE,  OPTION_MAX_MEMORY, OPTION_SAVE,  OPTION_SPOOL,
	OPTION_EXECUTABLE, OPTION_NO_INDEX,   OPTION_END,
};

const struct verb verb_show = {
	.name = "show",
	.usage = "show TARGET [ADDRESS] [options]",
	.summary = "one object: its fields, and who points to it",
	.help = "The object that an address lies in: its type and size, what it retains, its fields as Go\n"
		"writes them, and every pointer to it. What strings, slices and arrays contain is shown with\n"
		"--data alone: passwords lie there. Without an ADDRESS, --duplicates tells which strings and\n"
		"slices contain the same, what one of each would save, and where they are kept.\n"
		"\n"
		"Examples:\n"
		"  dowse show 4242 0xc000012000               one object\n"
		"  dowse show shop.dowse 0xc000012000 --data  with what its strings contain\n"
		"  dowse show shop 0xc000012000 -n 1000       with a thousand of those who point to it\n"
		"  dowse show 4242 --duplicates --data        what is there more than once\n",
	.formats = formats,
	.options = options,
	.operands_min = 1,
	.operands_max = 2,
	.operand = "TARGET [ADDRESS]",
	.run = show_run,
};

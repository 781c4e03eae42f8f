/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/heap_index.h"
#include "cli/moment.h"
#include "report/objects_report.h"

static const char *const orders[] = {
	[OBJECTS_BY_RETAINED] = "retained",
	[OBJECTS_BY_BYTES] = "bytes",
	[OBJECTS_BY_ADDRESS] = "address",
};

static struct error *parse_order(const char *text, enum heap_objects_order *ret)
{
	for (size_t i = 0; text && i < ARRAY_SIZE(orders); i++) {
		if (strcmp(text, orders[i]) == 0) {
			*ret = (enum heap_objects_order)i;
			return NULL;
		}
	}
	return text ? error_new(ERROR_USAGE, "--sort takes retained, bytes or address, not '%s'",
				text)
		    : NULL;
}

struct looking {
	const struct options *options;
	struct heap_objects objects;
};

static void looking_deinit(struct looking *looking)
{
	heap_objects_deinit(&looking->objects);
}

/* While the process stands still: what a condition asks for is in its memory. */
static struct error *find(void *argument, struct heap *heap)
{
	struct looking *looking = argument;
	TRY(heap_objects_find(heap, looking->options->type, &looking->objects));
	return looking->options->where
		       ? heap_objects_filter(&looking->objects, looking->options->where)
		       : NULL;
}

static struct error *objects_run(struct invocation *invocation, enum cli_status *ret)
{
	(void)ret;
	const struct options *options = &invocation->options;
	_cleanup_(evidence_deinit) struct evidence evidence = { 0 };
	_cleanup_(heap_cleanup) struct heap *heap = NULL;
	_cleanup_(looking_deinit) struct looking looking = { .options = options };
	enum heap_objects_order order = OBJECTS_BY_RETAINED;
	TRY(parse_order(options->sort, &order));
	if (!options->type)
		return error_new(ERROR_USAGE,
				 "objects needs a type: dowse objects %s --type "
				 "main.Session",
				 invocation->operands[0]);
	TRY(evidence_open(invocation->operands[0], options, &evidence));
	struct objects_report report = {
		.subject = &evidence.subject,
		.objects = &looking.objects,
		.condition = options->where,
		.order = orders[order],
		.style = &invocation->style,
	};
	TRY(moment_heap_with(invocation, &evidence, options->where ? find : NULL, &looking, &heap,
			     &report.pause_ns, &report.fork_ns));
	report.heap = heap;
	if (!options->where)
		TRY(find(&looking, heap));
	TRY(heap_dominate(heap));
	TRY(heap_objects_list(&looking.objects, order,
			      options->limit == UINT64_MAX ? HEAP_ROWS : options->limit));
	TRY(cli_format_is(invocation, "json") ? objects_json(&report, invocation->out)
					      : objects_text(&report, invocation->out));
	heap_index_keep(invocation, &evidence, heap);
	return NULL;
}

static const char *const formats[] = { "text", "json", "html", NULL };
static const enum option_id options[] = {
	OPTION_TYPE,        OPTION_WHERE,      OPTION_SORT,       OPTION_LIMIT,
	OPTION_LIMIT_SHORT, OPTION_MAX_PAUSE,  OPTION_MAX_MEMORY, OPTION_SAVE,
	OPTION_SPOOL,       OPTION_EXECUTABLE, OPTION_NO_INDEX,   OPTION_END,
};

const struct verb verb_objects = {
	.name = "objects",
	.usage = "objects TARGET --type TYPE [options]",
	.summary = "the objects of one type, one by one, and who holds each",
	.help = "The objects of a type that can be reached: those that retain most first, with their\n"
		"addresses for `dowse why` and `dowse show`. --where picks those for which a condition holds:\n"
		"fields by name, through pointers as in Go; ==, !=, <, <=, >, >= with integers, true, false\n"
		"and nil; len() of strings, slices, maps and channels, cap() of slices and channels; &&. In\n"
		"len(.) the point is the object itself, a map for example. Reading the fields keeps the fork of\n"
		"a process a moment longer.\n"
		"\n"
		"Examples:\n"
		"  dowse objects 4242 --type main.Session                       those that retain most\n"
		"  dowse objects shop --type Session --where 'len(buf) > 4096'  with much in them\n"
		"  dowse objects shop --type Cart --where 'owner == nil && !paid' --limit 100\n"
		"  dowse objects shop --type 'map[string]int' --where 'len(.) > 1000'\n",
	.formats = formats,
	.options = options,
	.operands_min = 1,
	.operands_max = 1,
	.operand = "TARGET",
	.run = objects_run,
};

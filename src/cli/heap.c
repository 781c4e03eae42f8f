/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/heap_growth.h"
#include "cli/heap_index.h"
#include "cli/moment.h"
#include "report/heap_report.h"
#include "report/heap_tree_report.h"

/* In the order of `by`. */
enum heap_by {
	BY_TYPE,
	BY_HOLDER,
	BY_PACKAGE,
	BY_SPAN,
	BY_SITE,
	BY_FILL,
	BY_VALUE,
};

static const char *const by[] = {
	"type", "holder", "package", "span", "site", "fill", "value", NULL
};

/* The lists that a report may show. */
struct lists {
	struct heap_group_vector types;
	struct heap_holders holders;
	struct heap_package_vector packages;
	struct heap_size_class_vector classes;
	struct heap_samples samples;
	struct heap_sites sites;
	struct heap_allocators allocators;
	struct heap_values values;
	struct heap_fill fill;
};

/* What is to be read while the moment stands still, and into what. */
struct wanted {
	const struct invocation *invocation;
	struct lists *lists;
};

static void lists_deinit(struct lists *lists)
{
	heap_group_vector_deinit(&lists->types);
	heap_holders_deinit(&lists->holders);
	heap_package_vector_deinit(&lists->packages);
	heap_size_class_vector_deinit(&lists->classes);
	heap_samples_deinit(&lists->samples);
	heap_sites_deinit(&lists->sites);
	heap_allocators_deinit(&lists->allocators);
	heap_values_deinit(&lists->values);
	heap_fill_deinit(&lists->fill);
}

static struct error *read_samples(void *argument, struct heap *heap)
{
	const struct wanted *wanted = argument;
	return heap_samples_read(heap, &wanted->lists->samples);
}

static struct error *read_values(void *argument, struct heap *heap)
{
	const struct wanted *wanted = argument;
	const struct invocation *invocation = wanted->invocation;
	return heap_values_read(heap, invocation->operands[1],
				invocation->options.given[OPTION_DATA], &wanted->lists->values);
}

static struct error *read_fill(void *argument, struct heap *heap)
{
	const struct wanted *wanted = argument;
	return heap_fill_read(heap, &wanted->lists->fill);
}

static moment_reader *reader_of(const struct invocation *invocation)
{
	switch ((enum heap_by)cli_by(invocation)) {
	case BY_SITE:
		return read_samples;
	case BY_FILL:
		return read_fill;
	case BY_VALUE:
		return read_values;
	default:
		return NULL;
	}
}

static struct error *gather_sites(struct heap *heap, struct lists *lists,
				  struct heap_report *report)
{
	TRY(heap_sites_find(heap, &lists->samples, &lists->sites));
	report->sites = &lists->sites;
	if (lists->sites.sampled)
		return NULL;
	TRY(heap_group_types(heap, &lists->types));
	TRY(heap_allocators_find(heap, &lists->allocators));
	report->types = &lists->types;
	report->allocators = &lists->allocators;
	return NULL;
}

/* Types are an answer by themselves, where there is no memory for more. */
static struct error *dominate_or_warn(struct heap *heap, struct evidence *evidence)
{
	struct error *error = heap_dominate(heap);
	if (!error || error->code != ERROR_LIMIT)
		return error;
	error_destroy(error);
	return evidence_warn(evidence,
			     "what is retained is not known: to find out takes more memory than "
			     "--max-memory allows, or than is left here");
}

static struct error *gather(const struct invocation *invocation, struct evidence *evidence,
			    struct heap *heap, struct lists *lists, struct heap_report *report)
{
	uint64_t limit = invocation->options.limit;
	switch ((enum heap_by)cli_by(invocation)) {
	case BY_TYPE:
		TRY(dominate_or_warn(heap, evidence));
		TRY(heap_group_types(heap, &lists->types));
		report->types = &lists->types;
		return NULL;
	case BY_HOLDER:
		TRY(heap_dominate(heap));
		limit = limit == UINT64_MAX ? HEAP_ROWS : limit;
		TRY(heap_holders_find(heap, limit, MIN(limit, (uint64_t)HEAP_PARTS_MAX),
				      &lists->holders));
		report->holders = &lists->holders;
		return NULL;
	case BY_PACKAGE:
		TRY(heap_group_types(heap, &lists->types));
		TRY(heap_group_packages(heap, &lists->types, &lists->packages));
		report->packages = &lists->packages;
		return NULL;
	case BY_SPAN:
		TRY(heap_group_spans(heap, &lists->classes));
		report->classes = &lists->classes;
		return NULL;
	case BY_SITE:
		return gather_sites(heap, lists, report);
	case BY_FILL:
		report->fill = &lists->fill;
		return NULL;
	case BY_VALUE:
		TRY(heap_dominate(heap));
		TRY(heap_values_retain(&lists->values));
		report->values = &lists->values;
		return NULL;
	}
	return NULL;
}

static bool is_drawn(const struct invocation *invocation)
{
	return cli_format_is(invocation, "pprof") || cli_format_is(invocation, "folded") ||
	       cli_format_is(invocation, "dot");
}

/* Holders as stacks: what --by asks for makes no difference, so it must not be asked for. */
static struct error *draw(const struct invocation *invocation, struct heap *heap,
			  const struct heap_report *report)
{
	_cleanup_(type_tree_vector_deinit) struct type_tree_vector tree = { 0 };
	TRY(heap_dominate(heap));
	TRY(type_tree_make(heap, report->totals->reachable_bytes / HEAP_TREE_SHARE, &tree));
	if (cli_format_is(invocation, "pprof"))
		return heap_pprof(report, &tree, invocation->out);
	return cli_format_is(invocation, "dot") ? heap_dot(report, &tree, invocation->out)
						: heap_folded(report, &tree, invocation->out);
}

static struct error *write_lists(const struct invocation *invocation, struct evidence *evidence,
				 struct heap *heap, struct lists *lists, struct heap_report *report)
{
	if (is_drawn(invocation))
		return draw(invocation, heap, report);
	TRY(gather(invocation, evidence, heap, lists, report));
	return cli_format_is(invocation, "json") ? heap_json(report, invocation->out)
						 : heap_text(report, invocation->out);
}

static struct error *check_drawn(const struct invocation *invocation)
{
	const char *format = invocation->options.format;
	if (!is_drawn(invocation))
		return NULL;
	if (invocation->operand_count > 1)
		return error_new(ERROR_USAGE, "%s shows one TARGET", format);
	if (invocation->options.by && cli_by(invocation) != BY_HOLDER)
		return error_new(ERROR_USAGE, "%s shows holders, not what --by %s tells", format,
				 invocation->options.by);
	return NULL;
}

static struct error *run_two(struct invocation *invocation, enum heap_by wanted)
{
	if (wanted != BY_TYPE && wanted != BY_HOLDER)
		return error_new(ERROR_USAGE,
				 "two TARGETs are compared by type or holder, not by %s",
				 by[wanted]);
	return heap_growth_run(invocation, wanted == BY_HOLDER);
}

static struct error *heap_run(struct invocation *invocation, enum cli_status *ret)
{
	(void)ret;
	enum heap_by by_what = (enum heap_by)cli_by(invocation);
	if (by_what == BY_VALUE && invocation->operand_count < 2)
		return error_new(ERROR_USAGE,
				 "--by value needs a field as well: dowse heap %s --by value "
				 "main.Session.tenant",
				 invocation->operands[0]);
	TRY(check_drawn(invocation));
	if (by_what != BY_VALUE && invocation->operand_count == 2)
		return run_two(invocation, by_what);
	_cleanup_(evidence_deinit) struct evidence evidence = { 0 };
	_cleanup_(heap_cleanup) struct heap *heap = NULL;
	_cleanup_(lists_deinit) struct lists lists = { 0 };
	struct heap_totals totals;
	TRY(evidence_open(invocation->operands[0], &invocation->options, &evidence));
	struct heap_report report = {
		.subject = &evidence.subject,
		.totals = &totals,
		.limit = invocation->options.limit,
		.style = &invocation->style,
	};
	struct wanted wanted = { invocation, &lists };
	TRY(moment_heap_with(invocation, &evidence, reader_of(invocation), &wanted, &heap,
			     &report.pause_ns, &report.fork_ns));
	report.heap = heap;
	heap_count(heap, &totals);
	TRY(write_lists(invocation, &evidence, heap, &lists, &report));
	heap_index_keep(invocation, &evidence, heap);
	return NULL;
}

static const char *const formats[] = { "text", "json", "html", "pprof", "folded", "dot", NULL };
static const enum option_id options[] = {
	OPTION_LIMIT, OPTION_LIMIT_SHORT, OPTION_MAX_PAUSE, OPTION_MAX_MEMORY, OPTION_SAVE,
	OPTION_SPOOL, OPTION_EXECUTABLE,  OPTION_NO_INDEX,  OPTION_DATA,       OPTION_END,
};

const struct verb verb_heap = {
	.name = "heap",
	.usage = "heap TARGET [TARGET] [options]",
	.summary = "what is in the heap, and who holds it",
	.help = "The objects that the program can still reach, by type: how many, how much they take, and how\n"
		"much would be freed if all of a type went (\"retained\"). --by tells instead: holder, which\n"
		"globals and goroutines hold them; package, whose types they are of; span, what each size of\n"
		"slots keeps and does not use; fill, what slices, maps and channels have room for and do not\n"
		"use; site, which code allocated them; value FIELD, how much each value of a field holds\n"
		"(strings need --data). Two targets: what grew from the first to the second, by type or holder.\n"
		"A process is forked and goes on after milliseconds; what is read is the fork. --format pprof,\n"
		"folded and dot are for pictures of who holds what: stacks of types that begin with a global or\n"
		"with goroutines.\n"
		"\n"
		"Examples:\n"
		"  dowse heap 4242                     the types that hold most\n"
		"  dowse heap shop --by holder         which global, which goroutines hold what\n"
		"  dowse heap shop.dowse --limit 100   of a snapshot, more of them\n"
		"  dowse heap shop.dowse shop          what grew since\n"
		"  dowse heap shop --by value main.Session.tenant --data   which tenant holds how much\n"
		"  dowse heap shop --format pprof -o heap.pb.gz && go tool pprof -http=: heap.pb.gz\n",
	.formats = formats,
	.by = by,
	.options = options,
	.operands_min = 1,
	.operands_max = 2,
	.operand = "TARGET",
	.run = heap_run,
};

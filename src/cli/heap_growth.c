/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/heap_growth.h"

#include <string.h>

#include "cli/evidence.h"
#include "cli/heap_index.h"
#include "cli/look.h"
#include "cli/moment.h"
#include "report/heap_growth_report.h"

/* One of the two moments. Its heap goes before the other one is looked at. */
struct grown_look {
	struct evidence evidence;
	struct heap_totals totals;
	uint64_t pause_ns;
	uint64_t fork_ns;
	uint64_t now_ns; /* of the target's clock */
};

static void grown_look_deinit(struct grown_look *look)
{
	evidence_deinit(&look->evidence);
}

static struct error *add_heap(struct grown_look *look, struct heap *heap, bool by_holder, bool now,
			      struct heap_growth *growth)
{
	struct heap_report report = { .subject = &look->evidence.subject, .heap = heap };
	struct heap_group_vector types = { 0 };
	struct heap_holders holders = { 0 };
	struct error *error;
	if (by_holder) {
		error = heap_holders_find(heap, SIZE_MAX, 0, &holders);
		report.holders = &holders;
		if (!error)
			error = heap_growth_add_holders(growth, &report, now);
	} else {
		error = heap_group_types(heap, &types);
		if (!error)
			error = heap_growth_add_types(growth, heap, &types, now);
	}
	heap_group_vector_deinit(&types);
	heap_holders_deinit(&holders);
	return error;
}

static struct error *take(struct invocation *invocation, size_t operand, bool by_holder,
			  struct grown_look *look, struct heap_growth *growth)
{
	_cleanup_(heap_cleanup) struct heap *heap = NULL;
	look->now_ns = target_now(look->evidence.target);
	TRY(moment_heap(invocation, &look->evidence, &heap, &look->pause_ns, &look->fork_ns));
	heap_count(heap, &look->totals);
	TRY(heap_dominate(heap));
	TRY(add_heap(look, heap, by_holder, operand == 1, growth));
	heap_index_keep(invocation, &look->evidence, heap);
	return NULL;
}

static bool same_build(const struct grown_look *before, const struct grown_look *now)
{
	const char *old = before->evidence.subject.build, *later = now->evidence.subject.build;
	return old && later && strcmp(old, later) == 0;
}

/* Once the first process has been read, the broker grants another only if the user named its number. */
static struct error *explain_second(const struct invocation *invocation,
				    const struct grown_look *before, struct error *error)
{
	const char *operand = invocation->operands[1];
	bool numbered = !strncmp(operand, "pid:", 4) || !operand[strspn(operand, "0123456789")];
	if (!error || error->code != ERROR_PERMISSION || numbered || before->evidence.path)
		return error;
	error_destroy(error);
	return error_new(ERROR_USAGE,
			 "of two processes the second is named by its number, not '%s'", operand);
}

struct error *heap_growth_run(struct invocation *invocation, bool by_holder)
{
	_cleanup_(grown_look_deinit) struct grown_look before = { 0 };
	_cleanup_(grown_look_deinit) struct grown_look now = { 0 };
	_cleanup_(heap_growth_deinit) struct heap_growth growth = { 0 };
	if (invocation->options.save)
		return error_new(ERROR_USAGE, "--save keeps one moment: give one TARGET");
	TRY(evidence_open(invocation->operands[0], &invocation->options, &before.evidence));
	TRY(explain_second(
		invocation, &before,
		evidence_open(invocation->operands[1], &invocation->options, &now.evidence)));
	TRY(take(invocation, 0, by_holder, &before, &growth));
	TRY(take(invocation, 1, by_holder, &now, &growth));
	if (same_build(&before, &now))
		TRY(heap_growth_match_places(&growth));
	heap_growth_sort(&growth);
	const struct heap_growth_report report = {
		.before = &before.evidence.subject,
		.now = &now.evidence.subject,
		.totals_before = &before.totals,
		.totals_now = &now.totals,
		.growth = &growth,
		.holders = by_holder,
		.between_ns = look_time_between(&before.evidence.subject, before.now_ns,
						&now.evidence.subject, now.now_ns),
		.pause_ns = now.pause_ns,
		.fork_ns = now.fork_ns,
		.limit = invocation->options.limit,
		.style = &invocation->style,
	};
	if (cli_format_is(invocation, "json"))
		heap_growth_json(&report, invocation->out);
	else
		return heap_growth_text(&report, invocation->out);
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/keep.h"
#include "cli/moment.h"
#include "fix/fix.h"
#include "report/diagnosis.h"

/* Findings are judged as they are shown: what --rules or --min-certainty left out cannot fail. */
static enum cli_status judge(const struct options *options, const struct findings *findings)
{
	enum certainty fail_on;
	if (!certainty_parse(options->fail_on, &fail_on))
		return CLI_OK; /* never */
	for (size_t i = 0; i < findings->list.count; i++) {
		if (findings->list.items[i].certainty >= fail_on)
			return CLI_FOUND;
	}
	return CLI_OK;
}

static void print(const struct invocation *invocation, const struct diagnosis *diagnosis)
{
	if (cli_format_is(invocation, "json"))
		diagnosis_json(diagnosis, invocation->out);
	else
		diagnosis_text(diagnosis, &invocation->style, invocation->out);
}

struct look {
	struct live_look live;
	struct heap *heap; /* NULL: goroutines alone */
	const struct live_places *places;
};

static void look_deinit(struct look *look)
{
	live_look_deinit(&look->live);
	heap_destroy(look->heap);
}

static struct error *read_heap(void *argument, struct heap *heap)
{
	struct look *look = argument;
	return live_look_at_heap(heap, look->places, &look->live);
}

/* With the heap, where it can be read: what it takes is no reason to say nothing. */
static struct error *look_at_heap(struct invocation *invocation, struct evidence *evidence,
				  struct look *look)
{
	uint64_t pause_ns = 0, fork_ns = 0;
	struct heap *heap = NULL;
	TRY(moment_heap_with(invocation, evidence, read_heap, look, &heap, &pause_ns, &fork_ns));
	look->heap = heap;
	TRY(heap_dominate(heap));
	TRY(live_look_weigh(&look->live));
	heap->roots.goroutines->pause_ns = pause_ns;
	return NULL;
}

static struct error *look_at_goroutines(struct invocation *invocation, struct evidence *evidence,
					struct look *look)
{
	const struct options *options = &invocation->options;
	TRY(keep_moment(invocation, evidence));
	TRY(evidence_explain(evidence, live_look_at_goroutines(
					       evidence->runtime, &evidence->places,
					       options->given[OPTION_NO_STOP],
					       evidence->fork ? 0 : (uint64_t)options->max_pause_ns,
					       &look->live)));
	evidence_note_gap(evidence);
	if (evidence->fork)
		look->live.goroutines->pause_ns = evidence->pause_ns;
	return NULL;
}

static struct error *take_look(struct invocation *invocation, struct evidence *evidence,
			       struct look *look)
{
	look->places = &evidence->places;
	if (invocation->options.given[OPTION_NO_STOP])
		return look_at_goroutines(invocation, evidence, look);
	struct error *error = look_at_heap(invocation, evidence, look);
	if (!error || (error->code != ERROR_LIMIT && error->code != ERROR_UNSUPPORTED))
		return error;
	look_deinit(look);
	*look = (struct look){ .places = &evidence->places };
	error_destroy(error);
	TRY(evidence_warn(evidence, "the heap could not be looked at: `dowse heap` says why; what "
				    "follows is about goroutines alone"));
	return look_at_goroutines(invocation, evidence, look);
}

static struct error *diagnose_run(struct invocation *invocation, enum cli_status *ret)
{
	const struct options *options = &invocation->options;
	uint64_t rules = RULES_ALL;
	enum certainty at_least = CERTAINTY_SUSPECT;
	/* Wrong use is told before anything is stopped. */
	if (options->rules)
		TRY(rules_parse(options->rules, &rules));
	certainty_parse(options->min_certainty, &at_least);
	_cleanup_(evidence_deinit) struct evidence evidence = { 0 };
	TRY(evidence_open(invocation->operands[0], &invocation->options, &evidence));

	struct runtime_counters counters;
	struct runtime_memory memory;
	bool has_counters = error_ignore(runtime_counters_read(evidence.runtime, &counters));
	bool has_memory = has_counters &&
			  error_ignore(runtime_memory_read(evidence.runtime, &counters, &memory));

	_cleanup_(look_deinit) struct look look = { 0 };
	TRY(take_look(invocation, &evidence, &look));
	struct live_look *live = &look.live;
	const struct live_beside beside = {
		.counters = has_counters ? &counters : NULL,
		.memory = has_memory ? &memory : NULL,
	};
	TRY(live_look_judge(live, &beside));
	TRY(fix_findings(&live->findings));
	findings_select(&live->findings, rules, at_least);
	struct diagnosis diagnosis = {
		.subject = &evidence.subject,
		.findings = &live->findings,
		.goroutines = live->evidence.goroutines,
		.groups = &live->groups,
		.heap = look.heap,
		.counters = has_counters ? &counters : NULL,
		.memory = has_memory ? &memory : NULL,
	};
	print(invocation, &diagnosis);
	*ret = judge(options, &live->findings);
	return NULL;
}

static const char *const formats[] = { "text", "json", NULL };
static const enum option_id options[] = {
	OPTION_RULES,      OPTION_MIN_CERTAINTY, OPTION_FAIL_ON,    OPTION_NO_STOP,
	OPTION_MAX_PAUSE,  OPTION_SAVE,          OPTION_EXECUTABLE, OPTION_SPOOL,
	OPTION_MAX_MEMORY, OPTION_NO_INDEX,      OPTION_END,
};

const struct verb verb_diagnose = {
	.usage = "TARGET [options]",
	.summary = "what leaks there, how sure that is, and what to change",
	.help = "",
	.formats = formats,
	.options = options,
	.operands_min = 1,
	.operands_max = 1,
	.operand = "TARGET",
	.run = diagnose_run,
};

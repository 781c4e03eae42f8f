/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/keep.h"
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

	_cleanup_(live_look_deinit) struct live_look look = { 0 };
	TRY(keep_moment(invocation, &evidence));
	TRY(evidence_explain(
		&evidence,
		live_look_take(evidence.runtime, &evidence.places, options->given[OPTION_NO_STOP],
			       evidence.fork ? 0 : (uint64_t)options->max_pause_ns, &look)));
	evidence_note_gap(&evidence);
	if (evidence.fork)
		look.goroutines->pause_ns = evidence.pause_ns;
	TRY(fix_findings(&look.findings));
	findings_select(&look.findings, rules, at_least);
	struct diagnosis diagnosis = {
		.subject = &evidence.subject,
		.findings = &look.findings,
		.goroutines = look.goroutines,
		.groups = &look.groups,
		.counters = has_counters ? &counters : NULL,
		.memory = has_memory ? &memory : NULL,
	};
	print(invocation, &diagnosis);
	*ret = judge(options, &look.findings);
	return NULL;
}

static const char *const formats[] = { "text", "json", NULL };
static const enum option_id options[] = {
	OPTION_RULES, OPTION_MIN_CERTAINTY, OPTION_FAIL_ON, OPTION_NO_STOP, OPTION_MAX_PAUSE,
	OPTION_SAVE,  OPTION_EXECUTABLE,    OPTION_SPOOL,   OPTION_END,
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

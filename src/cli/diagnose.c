/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "cli/earlier.h"
#include "fix/fix.h"
#include "report/diagnosis.h"

#define SUPPRESS_MAX ((size_t)1 << 20)
#define BASELINE_MAX ((size_t)256 << 20)

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
	else if (cli_format_is(invocation, "sarif"))
		diagnosis_sarif(diagnosis, invocation->out);
	else if (cli_format_is(invocation, "github"))
		diagnosis_github(diagnosis, invocation->out);
	else
		diagnosis_text(diagnosis, &invocation->style, invocation->out);
}

static struct error *look_and_judge(struct invocation *invocation, struct evidence *evidence,
				    struct earlier *earlier, struct look *look)
{
	TRY(look_take(invocation, evidence, look));
	if (earlier->now_ns)
		earlier->past->elapsed_ns = (int64_t)(look->now_ns - earlier->now_ns);
	TRY(look_judge(look, earlier->past));
	TRY(fix_findings(&look->live.findings));
	return earlier_compare(earlier, look);
}

/* What is not to be told: parsed before anything is stopped, used when there are findings. */
struct left_out {
	struct suppressions suppressions;
	struct file_bytes baseline;
};

static void left_out_deinit(struct left_out *left_out)
{
	suppressions_deinit(&left_out->suppressions);
	file_bytes_deinit(&left_out->baseline);
}

static struct error *left_out_read(const struct options *options, struct left_out *ret)
{
	_cleanup_(file_bytes_deinit) struct file_bytes text = { 0 };
	if (options->baseline)
		TRY(file_read(options->baseline, BASELINE_MAX, &ret->baseline));
	if (!options->suppress)
		return NULL;
	TRY(file_read(options->suppress, SUPPRESS_MAX, &text));
	return suppressions_parse((const char *)text.bytes, options->suppress, &ret->suppressions);
}

static struct error *leave_out(const struct options *options, struct left_out *left_out,
			       struct findings *findings, struct findings *gone,
			       struct diagnosis *diagnosis)
{
	if (options->suppress) {
		findings_suppress(gone, &left_out->suppressions);
		diagnosis->suppressed = findings_suppress(findings, &left_out->suppressions);
		diagnosis->suppressions = &left_out->suppressions;
	}
	if (!options->baseline)
		return NULL;
	return findings_drop_known(findings, (const char *)left_out->baseline.bytes,
				   &diagnosis->known);
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
	_cleanup_(left_out_deinit) struct left_out left_out = { 0 };
	TRY(left_out_read(options, &left_out));
	_cleanup_(evidence_deinit) struct evidence evidence = { 0 };
	_cleanup_(earlier_deinit) struct earlier earlier = { 0 };
	_cleanup_(look_deinit) struct look look = { 0 };
	TRY(evidence_open(invocation->operands[invocation->operand_count - 1], &invocation->options,
			  &evidence));
	TRY(earlier_take(invocation, &evidence, &earlier));
	TRY(look_and_judge(invocation, &evidence, &earlier, &look));

	struct findings *findings = &look.live.findings;
	findings_select(findings, rules, at_least);
	findings_select(&earlier.findings, rules, at_least);
	struct diagnosis diagnosis = {
		.subject = &evidence.subject,
		.findings = findings,
		.goroutines = look.live.evidence.goroutines,
		.groups = &look.live.groups,
		.heap = look.heap,
		.counters = look.has_counters ? &look.counters : NULL,
		.memory = look.has_memory ? &look.memory : NULL,
		.all = options->given[OPTION_ALL],
		.folder = getenv("PWD"),
		.main_module = runtime_binary(evidence.runtime)->build_info.main.path,
		.looks = earlier.past ? 2 : 1,
		.first_pause_ns = earlier.pause_ns,
		.between_ns = earlier.past ? earlier.past->elapsed_ns : -1,
		.before = earlier.compared ? &earlier.evidence.subject : NULL,
		.gone = &earlier.findings,
	};
	TRY(leave_out(options, &left_out, findings, &earlier.findings, &diagnosis));
	print(invocation, &diagnosis);
	*ret = judge(options, findings);
	return NULL;
}

static const char *const formats[] = { "text", "json", "sarif", "github", NULL };
static const enum option_id options[] = {
	OPTION_ALL,           OPTION_OVER,       OPTION_AGAINST,    OPTION_RULES,
	OPTION_MIN_CERTAINTY, OPTION_FAIL_ON,    OPTION_SUPPRESS,   OPTION_BASELINE,
	OPTION_NO_STOP,       OPTION_MAX_PAUSE,  OPTION_MAX_MEMORY, OPTION_SAVE,
	OPTION_NO_INDEX,      OPTION_EXECUTABLE, OPTION_SPOOL,      OPTION_END,
};

const struct verb verb_diagnose = {
	.usage = "[BEFORE] TARGET [options]",
	.summary = "what leaks there, how sure that is, and what to change",
	.help = "",
	.formats = formats,
	.options = options,
	.operands_min = 1,
	.operands_max = 2,
	.operand = "TARGET",
	.run = diagnose_run,
};

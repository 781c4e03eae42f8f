/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/look.h"
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

/* An earlier moment of what is judged: --over makes one, a file may be one. */
struct earlier {
	struct live_past *past; /* NULL: there is none */
	uint64_t pause_ns;      /* that it cost the process */
	uint64_t now_ns;        /* when it was; 0: the past knows how long ago */
};

static void earlier_deinit(struct earlier *earlier)
{
	live_past_destroy(earlier->past);
}

static void pass_time(int64_t ns)
{
	struct timespec left = { ns / 1000000000, ns % 1000000000 };
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) != 0)
		; /* interrupted */
}

/* Look, and let the time pass that there is to be between the two looks. */
static struct error *look_before(struct invocation *invocation, struct evidence *evidence,
				 struct earlier *ret)
{
	_cleanup_(look_deinit) struct look look = { 0 };
	const char *save = invocation->options.save;
	if (!subject_runs(&evidence->subject))
		return error_new(ERROR_USAGE,
				 "--over is for a process, not for a file: --against compares two");
	/* What is kept is the moment that is judged. */
	invocation->options.save = NULL;
	struct error *error = look_take(invocation, evidence, &look);
	invocation->options.save = save;
	TRY(error);
	TRY(look_leave(&look, &ret->past));
	ret->pause_ns = look.pause_ns;
	ret->now_ns = look.now_ns;
	pass_time(invocation->options.over_ns);
	return NULL;
}

static struct error *look_at_earlier(struct invocation *invocation, const char *operand,
				     struct evidence *now, struct earlier *ret)
{
	_cleanup_(evidence_deinit) struct evidence evidence = { 0 };
	_cleanup_(look_deinit) struct look look = { 0 };
	TRY(evidence_open(operand, &invocation->options, &evidence));
	int64_t elapsed_ns = look_time_between(&evidence.subject, target_now(evidence.target),
					       &now->subject, target_now(now->target));
	if (elapsed_ns < 0)
		return evidence_warn(now, "the other TARGET is not an earlier moment of the same "
					  "process: what grew is not known");
	TRY(look_take(invocation, &evidence, &look));
	TRY(look_leave(&look, &ret->past));
	ret->past->elapsed_ns = elapsed_ns;
	return NULL;
}

static struct error *look_earlier(struct invocation *invocation, struct evidence *evidence,
				  struct earlier *ret)
{
	const struct options *options = &invocation->options;
	const char *against = invocation->operand_count > 1 ? invocation->operands[0]
							    : options->against;
	if (options->over_ns && against)
		return error_new(ERROR_USAGE, "--over makes its own earlier moment: leave it out, "
					      "or name no other one");
	if (options->over_ns)
		return look_before(invocation, evidence, ret);
	return against ? look_at_earlier(invocation, against, evidence, ret) : NULL;
}

static struct error *look_and_judge(struct invocation *invocation, struct evidence *evidence,
				    struct earlier *earlier, struct look *look)
{
	TRY(look_take(invocation, evidence, look));
	if (earlier->now_ns)
		earlier->past->elapsed_ns = (int64_t)(look->now_ns - earlier->now_ns);
	TRY(look_judge(look, earlier->past));
	return fix_findings(&look->live.findings);
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
			       struct findings *findings, struct diagnosis *diagnosis)
{
	if (options->suppress) {
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
	TRY(look_earlier(invocation, &evidence, &earlier));
	TRY(look_and_judge(invocation, &evidence, &earlier, &look));

	struct findings *findings = &look.live.findings;
	findings_select(findings, rules, at_least);
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
	};
	TRY(leave_out(options, &left_out, findings, &diagnosis));
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

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/diagnose_page.h"
#include "cli/diagnose_text.h"
#include "cli/diagnose_url.h"
#include "cli/earlier.h"
#include "cli/profile_diagnose.h"
#include "cli/remote.h"
#include "cli/source_shown.h"
#include "fix/fix.h"

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

static struct error *diagnose_run(struct invocation *invocation, enum cli_status *ret)
{
	_cleanup_(cli_target_deinit) struct cli_target target = { .descriptor = -1 };
	_cleanup_(telling_deinit) struct telling telling = { 0 };
	const char *operand = invocation->operands[invocation->operand_count - 1];
	/* Wrong use is told before anything is stopped. */
	TRY(telling_read(&invocation->options, &telling));
	if (remote_is_whole(operand) && invocation->operand_count == 1 &&
	    !invocation->options.against)
		return diagnose_url(invocation, operand, &telling, ret);
	TRY(cli_target_find(operand, &target));
	if (target.kind == CLI_TARGET_PROFILE)
		return profile_diagnose(invocation, &target, &telling, ret);
	if (target.kind == CLI_TARGET_TEXT)
		return diagnose_text(invocation, &target, &telling, ret);
	_cleanup_(evidence_deinit) struct evidence evidence = { 0 };
	_cleanup_(earlier_deinit) struct earlier earlier = { 0 };
	_cleanup_(look_deinit) struct look look = { 0 };
	TRY(evidence_open_target(&target, &invocation->options, &evidence));
	TRY(earlier_take(invocation, &evidence, &earlier));
	TRY(look_and_judge(invocation, &evidence, &earlier, &look));

	struct diagnosis diagnosis = {
		.subject = &evidence.subject,
		.findings = &look.live.findings,
		.goroutines = look.live.evidence.goroutines,
		.groups = &look.live.groups,
		.heap = look.heap,
		.counters = look.has_counters ? &look.counters : NULL,
		.memory = look.has_memory ? &look.memory : NULL,
		.main_module = runtime_binary(evidence.runtime)->build_info.main.path,
		.main_package = runtime_binary(evidence.runtime)->build_info.path,
		.built_before_ns = source_built_before(&evidence.subject, target.descriptor),
		.looks = earlier.past ? 2 : 1,
		.first_pause_ns = earlier.pause_ns,
		.between_ns = earlier.past ? earlier.past->elapsed_ns : -1,
		.before = earlier.compared ? &earlier.evidence.subject : NULL,
		.gone = &earlier.findings,
	};
	TRY(telling_tell(&telling, invocation, &look.live.findings, &earlier.findings, &diagnosis,
			 ret));
	return cli_format_is(invocation, "html")
		       ? diagnose_page_heap(&evidence.subject, &look, invocation->out)
		       : NULL;
}

static const char *const formats[] = { "text", "json", "html", "sarif", "github", NULL };
static const enum option_id options[] = {
	OPTION_ALL,           OPTION_OVER,       OPTION_AGAINST,    OPTION_RULES,
	OPTION_MIN_CERTAINTY, OPTION_FAIL_ON,    OPTION_SUPPRESS,   OPTION_BASELINE,
	OPTION_NO_STOP,       OPTION_MAX_PAUSE,  OPTION_MAX_MEMORY, OPTION_SAVE,
	OPTION_NO_INDEX,      OPTION_EXECUTABLE, OPTION_SPOOL,      OPTION_DUMP,
	OPTION_SOURCE,        OPTION_HEADER,     OPTION_TOKEN_FILE, OPTION_CACERT,
	OPTION_INSECURE,      OPTION_TIMEOUT,    OPTION_END,
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

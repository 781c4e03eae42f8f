/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/earlier.h"

#include <string.h>
#include <time.h>

#include "binary/pclntab.h"
#include "fix/fix.h"

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
	return evidence_grow_older(evidence);
}

/* The highest number that a goroutine has: they are given in order, and never twice. */
static int64_t goroutines_started(const struct goroutines *goroutines)
{
	uint64_t highest = 0;
	for (size_t i = 0; i < goroutines->list.count; i++)
		highest = MAX(highest, goroutines->list.items[i].id);
	return highest ? (int64_t)(highest & INT64_MAX) : -1;
}

static struct findings_work work_of(const struct look *look)
{
	return (struct findings_work){
		.uptime_ns = look->evidence->subject.uptime_ns,
		.goroutines = goroutines_started(look->live.evidence.goroutines),
		.allocated = look->has_counters ? look->counters.total_allocated : -1,
	};
}

/* Another process: what it leaks is judged by itself. Who asked what grew by --against is told. */
static struct error *judge_other(struct look *look, bool by_option, struct evidence *now,
				 struct earlier *ret)
{
	if (by_option)
		TRY(evidence_warn(now,
				  "the other TARGET is not an earlier moment of the same process: "
				  "their findings are compared, and what grew is not known"));
	TRY(look_judge(look, NULL));
	TRY(fix_findings(&look->live.findings));
	ret->compared = true;
	ret->work = work_of(look);
	ret->has_heap = look->heap != NULL;
	return findings_keep(&look->live.findings, &ret->findings);
}

/* Where one has no id they may be the same, and may not. */
static enum findings_build compare_builds(const struct subject *before, const struct subject *now)
{
	if (!before->build || !now->build)
		return BUILD_UNKNOWN;
	return strcmp(before->build, now->build) == 0 ? BUILD_SAME : BUILD_ANOTHER;
}

static bool same_build(const struct subject *before, const struct subject *now)
{
	return compare_builds(before, now) == BUILD_SAME;
}

static struct error *look_at_earlier(struct invocation *invocation, const char *operand,
				     struct evidence *now, struct earlier *ret)
{
	_cleanup_(look_deinit) struct look look = { 0 };
	struct evidence *evidence = &ret->evidence;
	struct options kept = invocation->options;
	TRY(evidence_open(operand, &invocation->options, evidence));
	int64_t elapsed_ns = look_time_between(&evidence->subject, target_now(evidence->target),
					       &now->subject, target_now(now->target));
	/* A snapshot of the same build has what is called by the same names, if it is told them. */
	if (same_build(&evidence->subject, &now->subject)) {
		runtime_borrow_debug(evidence->runtime, now->runtime);
		/* Its index was made without. */
		invocation->options.given[OPTION_NO_INDEX] = true;
	}
	/* What is kept is the moment that is judged. */
	invocation->options.save = NULL;
	struct error *error = look_take(invocation, evidence, &look);
	invocation->options = kept;
	TRY(error);
	if (elapsed_ns < 0)
		return judge_other(&look, invocation->operand_count == 1, now, ret);
	TRY(look_leave(&look, &ret->past));
	ret->past->elapsed_ns = elapsed_ns;
	return NULL;
}

struct error *earlier_take(struct invocation *invocation, struct evidence *evidence,
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

static bool has_function(const void *build, const char *name)
{
	const struct binary *binary = build;
	struct function function;
	for (size_t i = 0; i < binary->module_count; i++) {
		const struct pclntab *functions = binary->modules[i].functions;
		if (functions && pclntab_find_named(functions, name, &function))
			return true;
	}
	/* A generic one is linked by another name than it is shown by. */
	return strchr(name, '[') != NULL;
}

/* What keeps this look from seeing all that the other one saw. */
static const char *what_blinds(const struct earlier *earlier, const struct look *look)
{
	const struct goroutines *goroutines = look->live.evidence.goroutines;
	if (look->live.evidence.guessed)
		return "this Go release's layout had to be guessed";
	if (earlier->has_heap && !look->heap)
		return "the heap was not looked at";
	if (goroutines->torn || !goroutines->complete || goroutines->unreadable)
		return "not every goroutine was read";
	return NULL;
}

struct error *earlier_compare(struct earlier *earlier, struct look *now)
{
	const struct findings_moments moments = {
		.before = earlier->work,
		.now = work_of(now),
		.now_is_blind = what_blinds(earlier, now),
		.build_is = compare_builds(&earlier->evidence.subject, &now->evidence->subject),
		.places = now->live.evidence.places,
		.has_function = has_function,
		.build = runtime_binary(now->evidence->runtime),
	};
	if (!earlier->compared)
		return NULL;
	return findings_compare(&now->live.findings, &earlier->findings, &moments);
}

void earlier_deinit(struct earlier *earlier)
{
	live_past_destroy(earlier->past);
	findings_deinit(&earlier->findings);
	evidence_deinit(&earlier->evidence);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/diagnose_url.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/progress.h"
#include "cli/remote.h"
#include "cli/text.h"
#include "fix/fix.h"
#include "leak/dump/told.h"
#include "leak/profile/look.h"
#include "profile/read.h"
#include "report/flame_report.h"

/* What was fetched at one time. */
struct moment_fetched {
	struct text text;
	struct profile *heap; /* NULL: not to be had */
};

struct diagnosing {
	struct moment_fetched now, before;
	struct told told;
	struct profile_look look; /* only if there is a heap */
	struct findings findings; /* of both; their text is theirs */
	bool has_earlier;
	char *name;
};

static void moment_fetched_deinit(struct moment_fetched *moment)
{
	text_deinit(&moment->text);
	profile_destroy(moment->heap);
}

static void diagnosing_deinit(struct diagnosing *diagnosing)
{
	findings_deinit(&diagnosing->findings);
	profile_look_deinit(&diagnosing->look);
	told_deinit(&diagnosing->told);
	moment_fetched_deinit(&diagnosing->now);
	moment_fetched_deinit(&diagnosing->before);
	free(diagnosing->name);
}

static struct error *fetch_goroutines(const char *operand, const struct options *options,
				      struct text *ret)
{
	_cleanup_(cli_target_deinit) struct cli_target target = { .descriptor = -1 };
	const struct dumps_options how = { 0 };
	TRY(remote_fetch(operand, REMOTE_GOROUTINES, &target));
	if (target.kind != CLI_TARGET_TEXT)
		return error_new(ERROR_UNSUPPORTED, "%s: that is no goroutine dump", target.path);
	return text_read(&target, options, &how, false, ret);
}

static struct error *fetch_heap(const char *operand, struct profile **ret)
{
	_cleanup_(cli_target_deinit) struct cli_target target = { .descriptor = -1 };
	TRY(remote_fetch(operand, REMOTE_HEAP, &target));
	if (target.kind != CLI_TARGET_PROFILE)
		return error_new(ERROR_UNSUPPORTED, "%s: that is no profile", target.path);
	return profile_read(target.descriptor, target.path, ret);
}

/* Goroutines say most; without the heap they are told of alone. */
static struct error *fetch(const char *operand, const struct options *options,
			   struct moment_fetched *ret)
{
	TRY(fetch_goroutines(operand, options, &ret->text));
	struct error *error = fetch_heap(operand, &ret->heap);
	if (!error || error->code == ERROR_NO_MEMORY)
		return error;
	struct error *failed = text_warn(&ret->text, "nothing is known of the heap: %s",
					 error->message);
	error_destroy(error);
	return failed;
}

static void pass_time(int64_t ns)
{
	struct timespec left = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
	progress_begin("waiting for the second look", 0);
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
	}
	progress_end();
}

static struct error *add_findings(struct findings *findings, const struct findings *more)
{
	for (size_t i = 0; i < more->list.count; i++)
		TRY(finding_vector_append(&findings->list, &more->list.items[i]));
	return NULL;
}

static struct error *judge(struct diagnosing *diagnosing)
{
	struct text *text = &diagnosing->now.text;
	struct told *told = &diagnosing->told;
	TRY(told_judge(text_dump(text), text_dump(&diagnosing->before.text), &text->subject.places,
		       told, &diagnosing->has_earlier));
	TRY(fix_findings(&told->findings));
	TRY(add_findings(&diagnosing->findings, &told->findings));
	if (text_dump(&diagnosing->before.text) && !diagnosing->has_earlier)
		TRY(text_warn(text, "the two looks have no goroutine in common: what grew of them "
				    "is not known"));
	if (!diagnosing->now.heap)
		return NULL;
	TRY(profile_look(diagnosing->now.heap, diagnosing->before.heap, &diagnosing->look));
	TRY(fix_findings(&diagnosing->look.findings));
	TRY(add_findings(&diagnosing->findings, &diagnosing->look.findings));
	findings_sort(&diagnosing->findings);
	return NULL;
}

static struct error *check_options(const struct options *options)
{
	static const enum option_id others[] = { OPTION_NO_STOP, OPTION_MAX_PAUSE, OPTION_SAVE,
						 OPTION_NO_INDEX, OPTION_EXECUTABLE };
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (options->given[others[i]])
			return error_new(ERROR_USAGE, "%s is not for a URL",
					 options_name(others[i]));
	}
	return NULL;
}

struct error *diagnose_url(struct invocation *invocation, const char *operand,
			   struct telling *telling, enum cli_status *ret)
{
	_cleanup_(diagnosing_deinit) struct diagnosing diagnosing = { 0 };
	const struct options *options = &invocation->options;
	TRY(check_options(options));
	if (options->over_ns) {
		TRY(fetch(operand, options, &diagnosing.before));
		pass_time(options->over_ns);
	}
	TRY(fetch(operand, options, &diagnosing.now));
	TRY(judge(&diagnosing));
	if (asprintf(&diagnosing.name, "%s (goroutines%s)", operand,
		     diagnosing.now.heap ? " and heap profile" : "") < 0) {
		diagnosing.name = NULL;
		return error_no_memory();
	}
	struct subject subject = diagnosing.now.text.subject;
	subject.kind = "url";
	subject.name = diagnosing.name;
	subject.path = operand;
	struct diagnosis diagnosis = {
		.subject = &subject,
		.findings = &diagnosing.findings,
		.goroutines = &text_dump(&diagnosing.now.text)->goroutines,
		.groups = &diagnosing.told.groups,
		.profile = diagnosing.now.heap ? &diagnosing.look : NULL,
		.looks = options->over_ns ? 2 : 1,
		.between_ns = options->over_ns ? options->over_ns : -1,
	};
	TRY(telling_tell(telling, invocation, &diagnosing.findings, NULL, &diagnosis, ret));
	return cli_format_is(invocation, "html") && diagnosing.now.heap
		       ? flame_json(&subject, diagnosing.now.heap, diagnosing.look.shown,
				    invocation->out)
		       : NULL;
}

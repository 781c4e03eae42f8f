/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/diagnose_text.h"

#include "cli/gctrace.h"
#include "cli/source_shown.h"
#include "fix/fix.h"
#include "leak/dump/told.h"

#define EARLIER_TRIED 16

/* A text, and what it comes to. */
struct judgement {
	struct text text;
	struct text earlier;  /* of another file; empty: none */
	struct gctrace trace; /* collections that it tells of besides */
	struct told told;
	bool has_earlier;
};

static void judgement_deinit(struct judgement *judgement)
{
	told_deinit(&judgement->told);
	gctrace_deinit(&judgement->trace);
	text_deinit(&judgement->text);
	text_deinit(&judgement->earlier);
}

/* In the same text: the first whole one that has goroutines in common with the one that is judged. */
static struct error *judge_alone(struct judgement *judgement)
{
	const struct dumps *dumps = &judgement->text.dumps;
	struct dump *dump = text_dump(&judgement->text);
	const struct place_rule *places = &judgement->text.subject.places;
	for (size_t i = 0; i < judgement->text.chosen && i < EARLIER_TRIED; i++) {
		const struct dump *earlier = dumps->list.items[i];
		if (earlier->form != DUMP_STACKS || !earlier->goroutines.complete)
			continue;
		TRY(told_judge(dump, earlier, places, &judgement->told, &judgement->has_earlier));
		if (judgement->has_earlier)
			return NULL;
		told_deinit(&judgement->told);
	}
	return told_judge(dump, NULL, places, &judgement->told, &judgement->has_earlier);
}

static struct error *judge_both(const char *operand, const struct options *options,
				struct judgement *judgement)
{
	_cleanup_(cli_target_deinit) struct cli_target target = { .descriptor = -1 };
	const struct dumps_options how = { 0 };
	struct options earlier = *options;
	earlier.dump = 0; /* is said of the later one */
	TRY(cli_target_find(operand, &target));
	if (target.kind != CLI_TARGET_TEXT)
		return error_new(ERROR_USAGE, "%s is no text: a dump is compared with a dump",
				 operand);
	TRY(text_read(&target, &earlier, &how, false, &judgement->earlier));
	TRY(told_judge(text_dump(&judgement->text), text_dump(&judgement->earlier),
		       &judgement->text.subject.places, &judgement->told, &judgement->has_earlier));
	return judgement->has_earlier
		       ? NULL
		       : text_warn(&judgement->text, "the other text has no goroutine in common "
						     "with this one: what grew is not known");
}

/* Of a text that tells of collections alone. */
static struct error *tell_trace(struct invocation *invocation, const struct judgement *judgement,
				enum cli_status *ret)
{
	enum certainty fail_on;
	bool leak = false;
	if (cli_format_is(invocation, "sarif") || cli_format_is(invocation, "github"))
		return error_new(ERROR_UNSUPPORTED,
				 "%s has no goroutine dump in it, but lines of collections, which "
				 "are no findings: leave --format out",
				 text_called(judgement->text.subject.path));
	TRY(gctrace_print(invocation, &judgement->text, &judgement->trace, &leak));
	if (leak && certainty_parse(invocation->options.fail_on, &fail_on) &&
	    fail_on <= CERTAINTY_LIKELY)
		*ret = CLI_FOUND;
	return NULL;
}

static struct error *check_options(const struct options *options)
{
	static const enum option_id others[] = { OPTION_OVER, OPTION_NO_STOP,  OPTION_MAX_PAUSE,
						 OPTION_SAVE, OPTION_NO_INDEX, OPTION_EXECUTABLE };
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (options->given[others[i]])
			return error_new(ERROR_USAGE, "%s is not for a text",
					 options_name(others[i]));
	}
	return NULL;
}

struct error *diagnose_text(struct invocation *invocation, struct cli_target *target,
			    struct telling *telling, enum cli_status *ret)
{
	_cleanup_(judgement_deinit) struct judgement judgement = { 0 };
	const struct options *options = &invocation->options;
	const char *against = invocation->operand_count > 1 ? invocation->operands[0]
							    : options->against;
	const struct dumps_options how = {
		.on_trace = gctrace_take,
		.argument = &judgement.trace,
	};
	TRY(check_options(options));
	TRY(text_read(target, options, &how, true, &judgement.text));
	if (!text_dump(&judgement.text))
		return judgement.trace.cycles.count ? tell_trace(invocation, &judgement, ret)
						    : text_no_dump(&judgement.text, target->path);
	TRY(against ? judge_both(against, options, &judgement) : judge_alone(&judgement));
	TRY(fix_findings(&judgement.told.findings));
	struct diagnosis diagnosis = {
		.subject = &judgement.text.subject,
		.findings = &judgement.told.findings,
		.goroutines = &text_dump(&judgement.text)->goroutines,
		.groups = &judgement.told.groups,
		.built_before_ns = source_built_before(&judgement.text.subject, target->descriptor),
		.races = text_dump(&judgement.text)->form == DUMP_RACE,
		.looks = judgement.has_earlier ? 2 : 1,
		.between_ns = judgement.told.evidence.elapsed_ns,
	};
	return telling_tell(telling, invocation, &judgement.told.findings, NULL, &diagnosis, ret);
}

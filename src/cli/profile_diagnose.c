/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile_diagnose.h"

#include <stdio.h>

#include "cli/profile_faces.h"
#include "fix/fix.h"
#include "leak/profile/look.h"
#include "profile/merge.h"
#include "report/flame_report.h"

#define WARNINGS_MAX 4

/* What is left of a command line, once its words are files. */
struct profiles {
	struct profile *now, *before;
	const char *warnings[WARNINGS_MAX];
	size_t warning_count;
};

static void profiles_deinit(struct profiles *profiles)
{
	profile_destroy(profiles->now);
	profile_destroy(profiles->before);
}

static struct error *check_options(const struct options *options)
{
	static const enum option_id others[] = { OPTION_OVER, OPTION_NO_STOP, OPTION_MAX_PAUSE,
						 OPTION_SAVE, OPTION_NO_INDEX };
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (options->given[others[i]])
			return error_new(ERROR_USAGE, "%s is not for a profile",
					 options_name(others[i]));
	}
	return NULL;
}

static struct error *read_before(const char *operand, const struct options *options,
				 struct profiles *profiles)
{
	_cleanup_(cli_target_deinit) struct cli_target target = { .descriptor = -1 };
	TRY(cli_target_find(operand, &target));
	if (target.kind != CLI_TARGET_PROFILE)
		return error_new(ERROR_USAGE,
				 "%s is no profile: nothing else can be compared with "
				 "one",
				 operand);
	return cli_profile_read(&target, target.path, options, &profiles->before);
}

/* Profiles know when they were taken: the words may stand in any order. */
static void settle_order(struct profiles *profiles)
{
	struct profile *now = profiles->now, *before = profiles->before;
	if (now->time_ns > 0 && before->time_ns > now->time_ns) {
		profiles->now = before;
		profiles->before = now;
	} else if (now->time_ns <= 0 || before->time_ns <= 0) {
		profiles->warnings[profiles->warning_count++] =
			"the profiles do not say when they were taken: the first is taken for the "
			"earlier one";
	}
}

static struct error *read_profiles(struct invocation *invocation, const struct cli_target *target,
				   struct profiles *profiles)
{
	const struct options *options = &invocation->options;
	const char *before = invocation->operand_count > 1 ? invocation->operands[0]
							   : options->against;
	TRY(check_options(options));
	TRY(cli_profile_read(target, target->path, options, &profiles->now));
	if (!before)
		return NULL;
	TRY(read_before(before, options, profiles));
	settle_order(profiles);
	return NULL;
}

/* A page has room for all the stacks, and for what changed of them. */
static struct error *tell_stacks(const struct invocation *invocation, const struct subject *subject,
				 const struct profiles *profiles, uint32_t type)
{
	_cleanup_(profile_cleanup) struct profile *difference = NULL;
	if (!cli_format_is(invocation, "html") || !profiles->now->type_count)
		return NULL;
	TRY(flame_json(subject, profiles->now, type, invocation->out));
	if (!profiles->before)
		return NULL;
	TRY(profile_subtract(profiles->now, profiles->before, false, "the difference",
			     &difference));
	return difference->type_count > type
		       ? flame_json(subject, difference, type, invocation->out)
		       : NULL;
}

struct error *profile_diagnose(struct invocation *invocation, const struct cli_target *target,
			       struct telling *telling, enum cli_status *ret)
{
	_cleanup_(profiles_deinit) struct profiles profiles = { 0 };
	_cleanup_(profile_look_deinit) struct profile_look look = { 0 };
	_cleanup_(free_pointer) char *name = NULL;
	TRY(read_profiles(invocation, target, &profiles));
	TRY(profile_look(profiles.now, profiles.before, &look));
	TRY(fix_findings(&look.findings));
	if (asprintf(&name, "%s (%s profile)", profiles.now->name,
		     profile_subject_name(look.evidence.subject)) < 0) {
		name = NULL;
		return error_no_memory();
	}
	const struct subject subject = {
		.kind = "profile",
		.name = name,
		.path = profiles.now->name,
		.uptime_ns = -1,
		.warnings = profiles.warnings,
		.warning_count = profiles.warning_count,
	};
	struct diagnosis diagnosis = {
		.subject = &subject,
		.findings = &look.findings,
		.profile = &look,
		.built_before_ns = profiles.now->time_ns > 0 ? profiles.now->time_ns : 0,
		.looks = profiles.before ? 2 : 1,
		.between_ns = look.evidence.elapsed_ns,
	};
	TRY(telling_tell(telling, invocation, &look.findings, NULL, &diagnosis, ret));
	return tell_stacks(invocation, &subject, &profiles, look.shown);
}

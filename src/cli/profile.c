/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/target.h"
#include "leak/profile/look.h"
#include "profile/encode.h"
#include "profile/merge.h"
#include "profile/read.h"
#include "report/flame_report.h"
#include "report/profile_top_report.h"

#define FILES_MAX 64

/* Several files are their sum; --against takes another one away. */
struct reading {
	struct profile *files[FILES_MAX];
	size_t count;
	struct profile *before, *sum, *difference;
};

static void reading_deinit(struct reading *reading)
{
	for (size_t i = 0; i < reading->count; i++)
		profile_destroy(reading->files[i]);
	profile_destroy(reading->before);
	profile_destroy(reading->sum);
	profile_destroy(reading->difference);
}

static struct error *read_one(const char *operand, struct profile **ret)
{
	_cleanup_(cli_target_deinit) struct cli_target target = { .descriptor = -1 };
	TRY(cli_target_find(operand, &target));
	if (target.kind != CLI_TARGET_PROFILE)
		return error_new(ERROR_USAGE, "%s is no profile", operand);
	return profile_read(target.descriptor, operand, ret);
}

static struct error *read_all(const struct invocation *invocation, struct reading *reading,
			      struct profile **ret)
{
	const char *against = invocation->options.against;
	for (size_t i = 0; i < invocation->operand_count; i++) {
		TRY(read_one(invocation->operands[i], &reading->files[i]));
		reading->count++;
	}
	*ret = reading->files[0];
	if (reading->count > 1) {
		TRY(profile_merge(reading->files, reading->count, "the sum", &reading->sum));
		*ret = reading->sum;
	}
	if (!against)
		return NULL;
	TRY(read_one(against, &reading->before));
	TRY(profile_subtract(*ret, reading->before, false, "the difference", &reading->difference));
	*ret = reading->difference;
	return NULL;
}

static struct error *profile_run(struct invocation *invocation, enum cli_status *ret)
{
	_cleanup_(reading_deinit) struct reading reading = { 0 };
	struct profile *profile = NULL;
	(void)ret;
	TRY(read_all(invocation, &reading, &profile));
	if (cli_format_is(invocation, "pprof"))
		return profile_encode(profile, invocation->out);
	int inuse = profile_type_find(profile, "inuse_space");
	uint32_t type = inuse >= 0 ? (uint32_t)inuse : profile_type_shown(profile);
	if (!profile->type_count)
		return error_new(ERROR_UNSUPPORTED, "%s: there is nothing in it", profile->name);
	if (cli_format_is(invocation, "folded"))
		return profile_fold(profile, type, invocation->out);
	if (cli_format_is(invocation, "json")) {
		const struct subject subject = {
			.kind = "profile",
			.name = profile->name,
			.path = profile->name,
			.uptime_ns = -1,
		};
		return flame_json(&subject, profile, type, invocation->out);
	}
	uint64_t limit = invocation->options.limit;
	struct profile_top flat = { 0 }, cumulative = { 0 };
	uint32_t rows = limit == UINT64_MAX ? 30 : (uint32_t)MIN(limit, UINT32_MAX);
	struct error *error = profile_top_make(profile, type, rows, &flat, &cumulative);
	if (!error)
		error = profile_top_text(profile, type, &flat, &invocation->style, invocation->out);
	profile_top_deinit(&flat);
	profile_top_deinit(&cumulative);
	return error;
}

static const char *const formats[] = { "text", "json", "html", "pprof", "folded", NULL };
static const enum option_id options[] = { OPTION_AGAINST, OPTION_LIMIT, OPTION_LIMIT_SHORT,
					  OPTION_END };

const struct verb verb_profile = {
	.name = "profile",
	.usage = "profile FILE [FILE ...] [options]",
	.summary = "profiles added up, or one less another: the top, pprof, folded stacks",
	.help = "Several files are their sum; --against FILE takes another one away. Text is a table of the\n"
		"functions that have most by themselves; html is a flame graph, json the tree that it shows; pprof\n"
		"and folded are for other tools.\n"
		"\n"
		"  dowse profile a.pprof b.pprof --format pprof -o both.pprof\n"
		"  dowse profile now.pprof --against before.pprof\n"
		"  dowse profile cpu.pprof --format html -o cpu.html\n"
		"  dowse profile heap.pprof --format folded\n",
	.formats = formats,
	.options = options,
	.operands_min = 1,
	.operands_max = FILES_MAX,
	.operand = "FILE",
	.run = profile_run,
};

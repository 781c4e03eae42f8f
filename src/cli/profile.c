/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>

#include "cli/cli.h"
#include "cli/profile_faces.h"
#include "cli/target.h"
#include "profile/merge.h"
#include "profile/read.h"
#include "profile/symbols.h"

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

struct error *cli_profile_read(const struct cli_target *target, const char *name,
			       const struct options *options, struct profile **ret)
{
	_cleanup_(profile_cleanup) struct profile *profile = NULL;
	TRY(profile_read(target->descriptor, name, &profile));
	if (options->executable) {
		_cleanup_(close_descriptor) int file = open(options->executable,
							    O_RDONLY | O_CLOEXEC);
		if (file < 0)
			return error_os(errno, "%s", options->executable);
		TRY(profile_symbols_add(profile, file, options->executable));
	}
	*ret = TAKE_PTR(profile);
	return NULL;
}

static struct error *read_one(const struct options *options, const char *operand,
			      struct profile **ret)
{
	_cleanup_(cli_target_deinit) struct cli_target target = { .descriptor = -1 };
	TRY(cli_target_find(operand, &target));
	if (target.kind != CLI_TARGET_PROFILE)
		return error_new(ERROR_USAGE, "%s is no profile", operand);
	return cli_profile_read(&target, target.path, options, ret);
}

static struct error *read_all(const struct invocation *invocation, struct reading *reading,
			      struct profile **ret)
{
	const char *against = invocation->options.against;
	for (size_t i = 0; i < invocation->operand_count; i++) {
		TRY(read_one(&invocation->options, invocation->operands[i], &reading->files[i]));
		reading->count++;
	}
	*ret = reading->files[0];
	if (reading->count > 1) {
		TRY(profile_merge(reading->files, reading->count, "the sum", &reading->sum));
		*ret = reading->sum;
	}
	if (!against)
		return NULL;
	TRY(read_one(&invocation->options, against, &reading->before));
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
	return profile_show(invocation, profile);
}

static const char *const formats[] = { "text", "json", "html", "pprof", "folded",
				       "tree", "dot",  "svg",  NULL };
static const enum option_id options[] = {
	OPTION_EXECUTABLE, OPTION_AGAINST,     OPTION_VALUE,     OPTION_FOCUS,      OPTION_IGNORE,
	OPTION_SHOW,       OPTION_HIDE,        OPTION_TAG_FOCUS, OPTION_TAG_IGNORE, OPTION_PEEK,
	OPTION_LIMIT,      OPTION_LIMIT_SHORT, OPTION_HEADER,    OPTION_TOKEN_FILE, OPTION_CACERT,
	OPTION_INSECURE,   OPTION_TIMEOUT,     OPTION_SPOOL,     OPTION_END,
};

const struct verb verb_profile = {
	.name = "profile",
	.usage = "profile FILE [FILE ...] [options]",
	.summary = "profiles added up, or one less another, filtered: the top, graphs, pprof",
	.help = "Several files are their sum; --against FILE takes another one away. Text is a table of the\n"
		"functions that have most by themselves; tree is who calls whom, line by line; html is a flame graph,\n"
		"svg the same as a picture, json the tree that it shows; dot is a graph for graphviz; pprof and\n"
		"folded are for other tools. Filters mean what they mean to `go tool pprof`.\n"
		"\n"
		"  dowse profile a.pprof b.pprof --format pprof -o both.pprof\n"
		"  dowse profile now.pprof --against before.pprof\n"
		"  dowse profile cpu.pprof --format html -o cpu.html\n"
		"  dowse profile heap.pprof --value alloc_space --focus 'main\\.' --hide '^runtime\\.'\n"
		"  dowse profile cpu.pprof --peek 'main\\.handle$'\n"
		"  dowse profile heap.pprof --format folded\n",
	.formats = formats,
	.options = options,
	.operands_min = 1,
	.operands_max = FILES_MAX,
	.operand = "FILE",
	.run = profile_run,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/keep.h"
#include "model/quantity.h"
#include "report/safe.h"

static struct error *save_write(void *argument, const void *bytes, size_t size)
{
	const struct save_file *save = argument;
	for (size_t done = 0; done < size;) {
		ssize_t n = write(save->output.writer.descriptor, (const uint8_t *)bytes + done,
				  size - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_os(errno, "cannot write %s", save->path);
		done += (size_t)n;
	}
	return NULL;
}

static struct error *save_check(void *argument)
{
	return save_file_check(argument);
}

static struct error *snapshot_run(struct invocation *invocation, enum cli_status *ret)
{
	(void)ret;
	const struct options *options = &invocation->options;
	_cleanup_(evidence_deinit) struct evidence evidence = { 0 };
	_cleanup_(kept_deinit) struct kept kept = { 0 };
	if (!options->output)
		return error_new(ERROR_USAGE, "snapshot needs -o FILE: dowse %s",
				 invocation->verb->usage);
	TRY(evidence_open(invocation->operands[0], options, &evidence));
	const struct keep_options wanted = {
		.max_pause_ns = (uint64_t)options->max_pause_ns,
		.write = save_write,
		.check = save_check,
		.argument = &invocation->save,
	};
	TRY(keep_evidence(&evidence, &wanted, &kept));
	save_file_outcome(&invocation->save, kept.incomplete ? SAVE_PARTIAL : SAVE_WHOLE);
	writer_printf(invocation->out, "%s: %llu bytes\n", options->output,
		      (unsigned long long)kept.result.size);
	return NULL;
}

static const char *const formats[] = { "text", "json", NULL };
static const enum option_id options[] = { OPTION_MAX_PAUSE, OPTION_END };

const struct verb verb_snapshot = {
	.name = "snapshot",
	.usage = "snapshot TARGET -o FILE [options]",
	.summary = "save what analysis needs, to look at it later and elsewhere",
	.help = "",
	.formats = formats,
	.options = options,
	.operands_min = 1,
	.operands_max = 1,
	.operand = "TARGET",
	.keeps_output = true,
	.run = snapshot_run,
};

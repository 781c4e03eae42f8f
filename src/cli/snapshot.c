/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/keep.h"
#include "cli/snapshot_core.h"
#include "cli/snapshot_words.h"
#include "model/quantity.h"
#include "report/safe.h"

/* What was asked for, and what came of it. */
struct outcome {
	const struct evidence *evidence;
	const struct options *options;
	struct keep_estimate estimate;
	struct kept kept;
	const char *path; /* of the file, with .partial where it is */
};

/* Told before anything is stopped, to whoever watches. */
static void tell_estimate(const struct outcome *outcome)
{
	char bytes[QUANTITY_SIZE], time[QUANTITY_SIZE], pause[QUANTITY_SIZE];
	const struct keep_estimate *estimate = &outcome->estimate;
	if (!isatty(STDERR_FILENO) || !estimate->bytes)
		return;
	struct writer writer = WRITER_TO_DESCRIPTOR(STDERR_FILENO);
	writer_printf(&writer, "at most %s to read, %s; it stands still for about %s\n",
		      quantity_bytes((int64_t)estimate->bytes, bytes),
		      quantity_duration((int64_t)estimate->ns, time),
		      quantity_duration((int64_t)estimate->pause_ns, pause));
	error_destroy(writer_finish(&writer));
	writer_deinit(&writer);
}

static void write_held(const struct outcome *outcome, struct writer *writer)
{
	const struct saving_result *result = &outcome->kept.result;
	char text[QUANTITY_SIZE];
	safe_string(writer, outcome->path);
	writer_printf(writer, ": %s of ", quantity_bytes((int64_t)result->size, text));
	safe_string(writer, outcome->evidence->subject.name);
	writer_printf(writer, "\n  holds     %s of memory, ",
		      quantity_bytes((int64_t)result->memory.bytes, text));
	quantity_write(writer, result->selection.goroutines, "goroutine", "goroutines");
	writer_printf(writer, ", %s of objects with pointers\n",
		      quantity_bytes((int64_t)result->selection.heap, text));
}

static void write_left_out(const struct outcome *outcome, struct writer *writer)
{
	const struct saving_result *result = &outcome->kept.result;
	char text[QUANTITY_SIZE];
	bool with_data = outcome->options->given[OPTION_WITH_DATA];
	writer_string(writer, "  left out  ");
	if (!with_data)
		writer_printf(writer, "%s of objects without pointers (--with-data), ",
			      quantity_bytes((int64_t)result->selection.data, text));
	writer_string(writer, "what is free, C's memory, other files\n");
	if (result->memory.missing)
		writer_printf(writer, "  missing   %s could not be read\n",
			      quantity_bytes((int64_t)result->memory.missing, text));
}

static void write_how(const struct outcome *outcome, struct writer *writer)
{
	const struct kept *kept = &outcome->kept;
	char pause[QUANTITY_SIZE], reading[QUANTITY_SIZE];
	if (kept->way == KEEP_FILE)
		return;
	writer_printf(writer, "  stopped   for %s; %s in %s\n",
		      quantity_duration((int64_t)kept->pause.nanoseconds, pause),
		      keep_way_meaning(kept->way),
		      quantity_duration((int64_t)kept->reading_ns, reading));
	if (kept->refused) {
		writer_string(writer, "            no fork: ");
		safe_string(writer, kept->refused);
		writer_char(writer, '\n');
	}
}

static void write_text(const struct outcome *outcome, struct writer *writer)
{
	write_held(outcome, writer);
	write_left_out(outcome, writer);
	write_how(outcome, writer);
	snapshot_caveat(outcome->options->given[OPTION_WITH_DATA], writer);
	if (outcome->kept.incomplete) {
		writer_string(writer, "It is incomplete: ");
		safe_string(writer, outcome->kept.incomplete);
		writer_char(writer, '\n');
	}
	writer_string(writer, "next: dowse goroutines ");
	snapshot_operand(outcome->path, "FILE", writer);
	writer_char(writer, '\n');
}

static void write_json(const struct outcome *outcome, struct writer *writer)
{
	struct json json = JSON_INTO(writer);
	const struct kept *kept = &outcome->kept;
	const struct saving_result *result = &kept->result;
	json_object_begin(&json);
	subject_json(&outcome->evidence->subject, &json);
	json_key(&json, "pause_ms");
	json_number(&json, (double)kept->pause.nanoseconds / 1e6);
	json_member_unsigned(&json, "goroutine_count", result->selection.goroutines);
	json_key(&json, "snapshot");
	json_object_begin(&json);
	json_member_string(&json, "file", outcome->path);
	json_member_unsigned(&json, "file_bytes", result->size);
	json_member_bool(&json, "complete", !kept->incomplete);
	json_member_string(&json, "incomplete", kept->incomplete);
	json_member_string(&json, "way", keep_way_name(kept->way));
	json_member_string(&json, "fork_refused", kept->refused);
	json_key(&json, "reading_ms");
	json_number(&json, (double)kept->reading_ns / 1e6);
	json_member_bool(&json, "with_data", outcome->options->given[OPTION_WITH_DATA]);
	json_member_unsigned(&json, "memory_bytes", result->memory.bytes);
	json_member_unsigned(&json, "zero_bytes", result->memory.zeroes);
	json_member_unsigned(&json, "missing_bytes", result->memory.missing);
	json_member_unsigned(&json, "pointer_object_bytes", result->selection.heap);
	json_member_unsigned(&json, "data_object_bytes", result->selection.data);
	json_member_unsigned(&json, "stack_bytes", result->selection.stacks);
	json_member_unsigned(&json, "estimated_bytes", outcome->estimate.bytes);
	json_key(&json, "estimated_ms");
	json_number(&json, (double)outcome->estimate.ns / 1e6);
	json_object_end(&json);
	json_object_end(&json);
	writer_char(writer, '\n');
}

static void write_outcome(const void *argument, bool as_json, struct writer *writer)
{
	if (as_json)
		write_json(argument, writer);
	else
		write_text(argument, writer);
}

static struct error *keep(struct invocation *invocation, struct evidence *evidence,
			  struct outcome *outcome)
{
	const struct options *options = &invocation->options;
	const struct keep_options wanted = {
		.with_data = options->given[OPTION_WITH_DATA],
		.freeze = options->given[OPTION_FREEZE],
		.max_pause_ns = (uint64_t)options->max_pause_ns,
		.max_memory = options->max_memory,
		.write = save_file_write,
		.check = save_file_check,
		.argument = &invocation->save,
	};
	keep_guess(evidence, &outcome->estimate);
	tell_estimate(outcome);
	TRY(keep_evidence(evidence, &wanted, &outcome->kept));
	return save_file_end(&invocation->save,
			     outcome->kept.incomplete ? SAVE_PARTIAL : SAVE_WHOLE);
}

/* The one line that a status of 1 comes with. */
static struct error *complain(const struct outcome *outcome)
{
	return error_new(ERROR_LIMIT, "%s is incomplete: %s", outcome->path,
			 outcome->kept.incomplete);
}

static struct error *snapshot_run(struct invocation *invocation, enum cli_status *ret)
{
	_cleanup_(evidence_deinit) struct evidence evidence = { 0 };
	_cleanup_(free_pointer) char *partial = NULL;
	struct outcome outcome = {
		.evidence = &evidence,
		.options = &invocation->options,
		.path = invocation->save.path,
	};
	(void)ret;
	if (!outcome.path)
		return error_new(ERROR_USAGE, "snapshot needs -o FILE: dowse %s",
				 invocation->verb->usage);
	TRY(evidence_open(invocation->operands[0], &invocation->options, &evidence));
	if (invocation->options.given[OPTION_ELF_CORE])
		return snapshot_core(invocation, &evidence);
	struct error *error = keep(invocation, &evidence, &outcome);
	if (!error && outcome.kept.incomplete && save_file_is_named(&invocation->save)) {
		if (asprintf(&partial, "%s" SAVE_PARTIAL_END, outcome.path) < 0) {
			partial = NULL;
			error = error_no_memory();
		}
		outcome.path = partial;
	}
	if (!error)
		error = snapshot_tell(invocation, write_outcome, &outcome);
	if (!error && outcome.kept.incomplete) {
		error = writer_finish(invocation->out);
		if (!error)
			error = complain(&outcome);
	}
	kept_deinit(&outcome.kept);
	return error;
}

static const char *const formats[] = { "text", "json", NULL };
static const enum option_id options[] = {
	OPTION_WITH_DATA, OPTION_MAX_PAUSE,  OPTION_MAX_MEMORY, OPTION_FREEZE,
	OPTION_SPOOL,     OPTION_EXECUTABLE, OPTION_ELF_CORE,   OPTION_END,
};

const struct verb verb_snapshot = {
	.name = "snapshot",
	.usage = "snapshot TARGET -o FILE [options]",
	.summary = "save what analysis needs, to look at it later and elsewhere",
	.help = "What dowse needs of a process for its answers, in one compressed file: every verb that\n"
		"looks at a process looks at it, on any machine, without the executable. The process is\n"
		"stopped for milliseconds and forked; the fork is read, and dropped. Where the kernel allows\n"
		"no fork, what is needed is copied while the process stands still, within --max-pause and\n"
		"--max-memory; --freeze reads all of it so.\n"
		"\n"
		"The bytes of strings and slices stay out of it unless --with-data asks for them. Stacks,\n"
		"globals and fields beside pointers are in it, and may hold secrets.\n"
		"\n"
		"--elf-core writes a core of the same moment instead, as gcore would, for gdb and Delve;\n"
		"there, what is left out reads as zeroes.\n"
		"\n"
		"The file appears whole under its name. If something is missing, because the process ended\n"
		"or memory got short, it is called FILE.partial, and the status is 1. -o - writes into a pipe.\n"
		"\n"
		"Examples:\n"
		"  dowse snapshot 4242 -o shop.dowse\n"
		"  dowse goroutines shop.dowse                      what every goroutine did then\n"
		"  dowse snapshot core.4242 -o shop.dowse           of a core, which is larger\n"
		"  dowse snapshot 4242 --elf-core --with-data -o core && dlv core shop core\n"
		"  kubectl exec pod -- dowse snapshot 1 -o - > shop.dowse\n",
	.formats = formats,
	.options = options,
	.operands_min = 1,
	.operands_max = 1,
	.operand = "TARGET",
	.keeps_output = true,
	.run = snapshot_run,
};

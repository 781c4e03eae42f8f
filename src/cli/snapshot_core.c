/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/snapshot_core.h"

#include "base/json.h"
#include "cli/keep_core.h"
#include "cli/snapshot_words.h"
#include "model/quantity.h"
#include "report/safe.h"

/* What was asked for, and what came of it. */
struct outcome {
	const struct invocation *invocation;
	const struct evidence *evidence;
	struct kept_core kept;
};

static void write_text(const struct outcome *outcome, struct writer *writer)
{
	const struct kept_core *kept = &outcome->kept;
	char text[QUANTITY_SIZE], size[QUANTITY_SIZE];
	const char *path = outcome->invocation->save.path;
	bool with_data = outcome->invocation->options.given[OPTION_WITH_DATA];

	safe_string(writer, path);
	writer_string(writer, ": a core of ");
	safe_string(writer, outcome->evidence->subject.name);
	writer_printf(writer, "\n  holds     %s of memory, ",
		      quantity_bytes((int64_t)kept->written.bytes, text));
	quantity_write(writer, kept->selection.goroutines, "goroutine", "goroutines");
	writer_printf(writer, "; %s long, with holes\n",
		      quantity_bytes((int64_t)kept->written.size, size));
	if (!with_data)
		writer_printf(writer,
			      "  left out  %s of objects without pointers, which read as zeroes "
			      "(--with-data)\n",
			      quantity_bytes((int64_t)kept->selection.data, text));
	if (kept->written.missing)
		writer_printf(writer, "  missing   %s could not be read: zeroes\n",
			      quantity_bytes((int64_t)kept->written.missing, text));
	if (kept->written.threads_apart) {
		writer_string(writer, "  missing   ");
		quantity_write(writer, kept->written.threads_apart, "thread", "threads");
		writer_string(writer, " asleep in the kernel, whose registers nobody has\n");
	}
	writer_printf(writer, "  stopped   for %s\n",
		      quantity_duration((int64_t)kept->pause.nanoseconds, text));
	snapshot_caveat(with_data, writer);
	writer_string(writer, "next: dlv core ");
	snapshot_operand(outcome->evidence->subject.executable, "EXECUTABLE", writer);
	writer_char(writer, ' ');
	snapshot_operand(path, "FILE", writer);
	writer_char(writer, '\n');
}

static void write_json(const struct outcome *outcome, struct writer *writer)
{
	const struct kept_core *kept = &outcome->kept;
	struct json json = JSON_INTO(writer);
	json_object_begin(&json);
	subject_json(&outcome->evidence->subject, &json);
	json_key(&json, "pause_ms");
	json_number(&json, (double)kept->pause.nanoseconds / 1e6);
	json_member_unsigned(&json, "goroutine_count", kept->selection.goroutines);
	json_key(&json, "core");
	json_object_begin(&json);
	json_member_string(&json, "file", outcome->invocation->save.path);
	json_member_unsigned(&json, "file_bytes", kept->written.size);
	json_member_bool(&json, "with_data", outcome->invocation->options.given[OPTION_WITH_DATA]);
	json_member_unsigned(&json, "memory_bytes", kept->written.bytes);
	json_member_unsigned(&json, "missing_bytes", kept->written.missing);
	json_member_unsigned(&json, "missing_threads", kept->written.threads_apart);
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

struct error *snapshot_core(struct invocation *invocation, struct evidence *evidence)
{
	const struct options *options = &invocation->options;
	struct save_file *save = &invocation->save;
	struct keep_core_options wanted = {
		.with_data = options->given[OPTION_WITH_DATA],
		.freeze = options->given[OPTION_FREEZE],
		.max_pause_ns = (uint64_t)options->max_pause_ns,
		.sink = { .name = save->path,
			  .descriptor = -1,
			  .write = save_file_write,
			  .argument = save },
		.check = save_file_check,
		.argument = save,
	};
	struct outcome outcome = { .invocation = invocation, .evidence = evidence };
	if (save_file_is_named(save))
		wanted.sink.descriptor = save->output.writer.descriptor;
	TRY(keep_core(evidence, &wanted, &outcome.kept));
	TRY(save_file_end(save, SAVE_WHOLE));
	return snapshot_tell(invocation, write_outcome, &outcome);
}

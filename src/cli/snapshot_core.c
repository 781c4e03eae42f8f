/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/snapshot_core.h"

#include <string.h>

#include "base/json.h"
#include "cli/keep_core.h"
#include "model/quantity.h"
#include "report/safe.h"

static void write_text(const struct invocation *invocation, const struct evidence *evidence,
		       const struct kept_core *kept, struct writer *writer)
{
	char text[QUANTITY_SIZE], size[QUANTITY_SIZE];
	const char *path = invocation->save.path;
	bool with_data = invocation->options.given[OPTION_WITH_DATA];

	safe_string(writer, path);
	writer_string(writer, ": a core of ");
	safe_string(writer, evidence->subject.name);
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
	writer_string(writer,
		      with_data ? "It holds the program's data, secrets included: give it to "
				  "nobody who may not see them.\n"
				: "Stacks, globals and fields beside pointers are in it, and may "
				  "hold secrets.\n");
	const struct subject executable = { .path = evidence->subject.executable };
	const struct subject core = { .path = strcmp(path, "-") ? path : NULL };
	writer_string(writer, "next: dlv core ");
	if (!executable.path || !subject_operand(&executable, writer))
		writer_string(writer, "EXECUTABLE");
	writer_char(writer, ' ');
	if (!core.path || !subject_operand(&core, writer))
		writer_string(writer, "FILE");
	writer_char(writer, '\n');
}

static void write_json(const struct invocation *invocation, const struct evidence *evidence,
		       const struct kept_core *kept, struct writer *writer)
{
	struct json json = JSON_INTO(writer);
	json_object_begin(&json);
	subject_json(&evidence->subject, &json);
	json_key(&json, "pause_ms");
	json_number(&json, (double)kept->pause.nanoseconds / 1e6);
	json_member_unsigned(&json, "goroutine_count", kept->selection.goroutines);
	json_key(&json, "core");
	json_object_begin(&json);
	json_member_string(&json, "file", invocation->save.path);
	json_member_unsigned(&json, "file_bytes", kept->written.size);
	json_member_bool(&json, "with_data", invocation->options.given[OPTION_WITH_DATA]);
	json_member_unsigned(&json, "memory_bytes", kept->written.bytes);
	json_member_unsigned(&json, "missing_bytes", kept->written.missing);
	json_member_unsigned(&json, "missing_threads", kept->written.threads_apart);
	json_object_end(&json);
	json_object_end(&json);
	writer_char(writer, '\n');
}

/* Standard output may be the core's: then it is told on standard error. */
static struct error *tell(struct invocation *invocation, const struct evidence *evidence,
			  const struct kept_core *kept)
{
	struct writer errors = WRITER_TO_DESCRIPTOR(STDERR_FILENO);
	bool to_output = strcmp(invocation->save.path, "-") != 0;
	struct writer *writer = to_output ? invocation->out : &errors;
	if (cli_format_is(invocation, "json"))
		write_json(invocation, evidence, kept, writer);
	else
		write_text(invocation, evidence, kept, writer);
	struct error *error = to_output ? NULL : writer_finish(&errors);
	writer_deinit(&errors);
	return error;
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
	struct kept_core kept;
	if (save_file_is_named(save))
		wanted.sink.descriptor = save->output.writer.descriptor;
	TRY(keep_core(evidence, &wanted, &kept));
	TRY(save_file_end(save, SAVE_WHOLE));
	return tell(invocation, evidence, &kept);
}

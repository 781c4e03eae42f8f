/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/snapshot_words.h"

#include <string.h>

#include "report/subject.h"

void snapshot_caveat(bool with_data, struct writer *writer)
{
	writer_string(writer, with_data ? "It holds the program's data, secrets included: give it "
					  "to nobody who may not see them.\n"
					: "Stacks, globals and fields beside pointers are in it, "
					  "and may hold secrets.\n");
}

void snapshot_operand(const char *path, const char *otherwise, struct writer *writer)
{
	const struct subject subject = { .path = path };
	if (!path || !strcmp(path, "-") || !subject_operand(&subject, writer))
		writer_string(writer, otherwise);
}

struct error *snapshot_tell(struct invocation *invocation,
			    void (*write)(const void *argument, bool as_json,
					  struct writer *writer),
			    const void *argument)
{
	struct writer errors = WRITER_TO_DESCRIPTOR(STDERR_FILENO);
	bool to_output = strcmp(invocation->save.path, "-") != 0;
	write(argument, cli_format_is(invocation, "json"), to_output ? invocation->out : &errors);
	struct error *error = to_output ? NULL : writer_finish(&errors);
	writer_deinit(&errors);
	return error;
}

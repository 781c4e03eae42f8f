/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/confined.h"

#include <errno.h>
#include <string.h>

#include "cli/heap_index.h"
#include "cli/progress_line.h"
#include "cli/remote.h"
#include "confine/confine.h"
#include "report/page.h"

/* A page is made of what the verb says as JSON. */
static struct error *run_into_page(struct invocation *invocation, enum cli_status *ret)
{
	_cleanup_(writer_deinit) struct writer documents = WRITER_TO_MEMORY;
	struct writer *out = invocation->out;
	invocation->out = &documents;
	struct error *error = invocation->verb->run(invocation, ret);
	invocation->out = out;
	if (!error)
		error = writer_finish(&documents);
	if (!error)
		page_html(documents.bytes, documents.length, out);
	return error;
}

static int work(void *argument)
{
	struct invocation *invocation = argument;
	enum cli_status status = CLI_OK;
	struct progress_line line;
	progress_line_start(&line);
	struct error *error = cli_format_is(invocation, "html")
				      ? run_into_page(invocation, &status)
				      : invocation->verb->run(invocation, &status);
	progress_line_stop(&line);
	if (!error)
		error = writer_finish(invocation->out);
	return (int)(error ? cli_report(error) : status);
}

static void warn(const char *why)
{
	struct writer writer = WRITER_TO_DESCRIPTOR(STDERR_FILENO);
	writer_printf(&writer,
		      "dowse: warning: what is looked at can do what dowse can, for dowse cannot "
		      "confine itself here: %s\n",
		      why);
	error_destroy(writer_finish(&writer));
	writer_deinit(&writer);
}

/* Where compressed files are unpacked. */
static size_t find_spools(const struct options *options, const char **ret)
{
	const char *wanted = options->spool ? options->spool : getenv("TMPDIR");
	if (wanted && *wanted) {
		ret[0] = wanted;
		return 1;
	}
	ret[0] = "/var/tmp";
	ret[1] = "/tmp";
	return 2;
}

/* The process that an operand names by its number; 0 when it is something else. */
static pid_t numbered(const char *operand)
{
	const char *text = strncmp(operand, "pid:", 4) == 0 ? operand + 4 : operand;
	if (!*text || strspn(text, "0123456789") != strlen(text))
		return 0;
	errno = 0;
	unsigned long number = strtoul(text, NULL, 10);
	return errno || number > INT32_MAX ? 0 : (pid_t)number;
}

static bool reads_input(const struct invocation *invocation)
{
	for (size_t i = 0; i < invocation->operand_count; i++) {
		if (strcmp(invocation->operands[i], "-") == 0)
			return true;
	}
	return false;
}

struct error *confined_run(struct invocation *invocation, enum cli_status *ret)
{
	const struct options *options = &invocation->options;
	size_t count = invocation->operand_count;
	int status = CLI_OK;
	const char *spools[2];
	size_t endpoint_count;
	_cleanup_(free_pointer) const char **files = calloc(count + 4, sizeof(*files));
	if (!files)
		return error_no_memory();
	for (size_t i = 0; i < count; i++)
		files[i] = invocation->operands[i];
	const char *named[] = { options->executable, options->against, options->suppress,
				options->baseline };
	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		if (named[i])
			files[count++] = named[i];
	}

	/* There may be nothing to save: then the first counts twice. */
	int outputs[3 + 2 * HEAP_INDEX_MAX] = {
		invocation->out->descriptor,
		invocation->save.path ? invocation->save.output.writer.descriptor
				      : invocation->out->descriptor,
		invocation->save.spooled >= 0 ? invocation->save.spooled
					      : invocation->out->descriptor,
	};
	size_t output_count = 3 + heap_indexes_descriptors(invocation->indexes, outputs + 3);
	struct confine_work confined = {
		.required = options->given[OPTION_REQUIRE_SANDBOX],
		.outputs = outputs,
		.output_count = output_count,
		.files = files,
		.file_count = count,
		.spools = spools,
		.spool_count = find_spools(options, spools),
		.endpoints = remote_endpoints(&endpoint_count),
		.process = invocation->operand_count ? numbered(invocation->operands[0]) : 0,
		.second = invocation->operand_count > 1 ? numbered(invocation->operands[1]) : 0,
		.sources = invocation->verb == &verb_diagnose,
		.every_process = invocation->verb == &verb_ps,
		.reads_input = reads_input(invocation),
		.run = work,
		.argument = invocation,
		.warn = warn,
	};
	confined.endpoint_count = endpoint_count;
	TRY(confine_run(&confined, &status));
	*ret = (enum cli_status)status;
	return NULL;
}

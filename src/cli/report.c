/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/telling.h"
#include "report/gathered.h"
#include "report/safe.h"

#define FILES_MAX   20000
#define REPORT_MAX  ((size_t)64 << 20)
#define NAME_END    ".json"
#define PATH_LENGTH 4096

DEFINE_VECTOR(name_vector, const char *);

static void close_folder(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

/* What `dowse exec` is just writing has no such name yet. */
static bool is_report(int folder, const char *name)
{
	struct stat status;
	size_t length = strlen(name), end = strlen(NAME_END);
	return name[0] != '.' && length > end && strcmp(name + length - end, NAME_END) == 0 &&
	       fstatat(folder, name, &status, 0) == 0 && S_ISREG(status.st_mode);
}

static struct error *add_name(struct arena *arena, struct name_vector *names, const char *folder,
			      const char *name)
{
	char path[PATH_LENGTH];
	int length = snprintf(path, sizeof(path), "%s%s%s", folder, name ? "/" : "",
			      name ? name : "");
	if (length < 0 || (size_t)length >= sizeof(path))
		return error_os(ENAMETOOLONG, "%s", folder);
	if (names->count == FILES_MAX)
		return error_new(ERROR_LIMIT,
				 "there are more than %d reports: tell of one folder at a time",
				 FILES_MAX);
	const char *copy = arena_copy_string(arena, path, (size_t)length);
	return copy ? name_vector_append(names, &copy) : error_no_memory();
}

static struct error *add_folder(struct arena *arena, struct name_vector *names, const char *path)
{
	_cleanup_(close_folder) DIR *folder = opendir(path);
	size_t before = names->count;
	if (!folder && errno == ENOTDIR)
		return add_name(arena, names, path, NULL);
	if (!folder)
		return error_os(errno, "cannot open the folder %s", path);
	const struct dirent *entry;
	while ((entry = readdir(folder))) {
		if (is_report(dirfd(folder), entry->d_name))
			TRY(add_name(arena, names, path, entry->d_name));
	}
	if (names->count == before)
		return error_new(ERROR_NOT_FOUND,
				 "no report is in the folder %s: `dowse exec --out` writes one a "
				 "process, below the package's own folder unless DIR begins with /",
				 path);
	return NULL;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The files of all folders, in the order of their names. */
static struct error *report_expand(struct invocation *invocation)
{
	_cleanup_(name_vector_deinit) struct name_vector names = { 0 };
	struct arena *arena = &invocation->memory;
	for (size_t i = 0; i < invocation->operand_count; i++)
		TRY(add_folder(arena, &names, invocation->operands[i]));
	qsort(names.items, names.count, sizeof(*names.items), compare_names);
	const char **operands = arena_allocate(arena, names.count * sizeof(*operands));
	if (!operands)
		return error_no_memory();
	memcpy(operands, names.items, names.count * sizeof(*operands));
	invocation->operands = operands;
	invocation->operand_count = names.count;
	return NULL;
}

static void complain(const struct gathered_problem *problem)
{
	struct writer writer = WRITER_TO_DESCRIPTOR(STDERR_FILENO);
	writer_string(&writer, "dowse: ");
	safe_string_limited(&writer, problem->text, PATH_LENGTH, NULL);
	writer_char(&writer, '\n');
	error_destroy(writer_finish(&writer));
	writer_deinit(&writer);
}

static struct error *add_file(struct gathered *gathered, const char *path)
{
	_cleanup_(file_bytes_deinit) struct file_bytes bytes = { 0 };
	TRY(file_read(path, REPORT_MAX, &bytes));
	return gathered_add(gathered, path, bytes.bytes, bytes.size);
}

/* Whatever is wrong with one of them, the others are told. */
static struct error *gather(const struct invocation *invocation, struct gathered *ret)
{
	for (size_t i = 0; i < invocation->operand_count; i++) {
		const char *path = invocation->operands[i];
		struct error *error = add_file(ret, path);
		if (!error)
			continue;
		if (error->code == ERROR_NO_MEMORY)
			return error;
		TRY(gathered_note(ret, path, error));
		complain(&ret->problems.items[ret->problems.count - 1]);
	}
	return NULL;
}

/* Where all are of one module, paths of the source are told from there on. */
static const char *common_module(const struct gathered *gathered)
{
	const char *module = gathered->processes.count ? gathered->processes.items[0].module : NULL;
	for (size_t i = 1; module && i < gathered->processes.count; i++) {
		const char *other = gathered->processes.items[i].module;
		if (!other || strcmp(module, other) != 0)
			module = NULL;
	}
	return module;
}

static bool fails_on_left(const struct options *options)
{
	return strcmp(options->fail_on, "left") == 0;
}

static struct error *print(const struct invocation *invocation, const struct diagnosis *diagnosis)
{
	const struct options *options = &invocation->options;
	struct gathered_judgement judgement = { .left = fails_on_left(options) };
	judgement.never = !telling_fails_on(options, &judgement.fail_on);
	if (cli_format_is(invocation, "text"))
		return gathered_text(diagnosis, &invocation->style, invocation->out);
	if (cli_format_is(invocation, "junit"))
		gathered_junit(diagnosis, &judgement, invocation->out);
	else
		telling_print(invocation, diagnosis);
	return NULL;
}

static struct error *report_run(struct invocation *invocation, enum cli_status *ret)
{
	_cleanup_(telling_deinit) struct telling telling = { 0 };
	_cleanup_(gathered_deinit) struct gathered gathered = { 0 };
	const struct options *options = &invocation->options;
	TRY(telling_read(options, &telling));
	TRY(gather(invocation, &gathered));
	/* It is of no process: what belongs to one is unknown. */
	const struct subject subject = { .kind = "reports", .name = "reports", .uptime_ns = -1 };
	struct diagnosis diagnosis = {
		.subject = &subject,
		.findings = &gathered.findings,
		.gathered = &gathered,
		.all = options->given[OPTION_ALL],
		.folder = getenv("PWD"),
		.main_module = common_module(&gathered),
		.suppressed = gathered.suppressed,
		.known = gathered.known,
		.between_ns = -1,
	};
	TRY(telling_leave_out(&telling, options, &gathered.findings, NULL, &diagnosis));
	gathered_sort(&gathered);
	diagnosis.left = gathered.left.items;
	diagnosis.left_count = gathered.left.count;
	TRY(print(invocation, &diagnosis));
	*ret = telling_judge(options, &gathered.findings);
	if (gathered.left.count && fails_on_left(options))
		*ret = CLI_FOUND;
	if (gathered.problems.count)
		*ret = CLI_PARTLY;
	return NULL;
}

static const char *const formats[] = { "text", "json", "html", "sarif", "github", "junit", NULL };
static const enum option_id options[] = {
	OPTION_ALL,      OPTION_FAIL_ON,  OPTION_RULES, OPTION_MIN_CERTAINTY,
	OPTION_SUPPRESS, OPTION_BASELINE, OPTION_END,
};

const struct verb verb_report = {
	.name = "report",
	.usage = "report DIR [DIR ...] [options]",
	.summary = "what `dowse exec --out DIR` has found in many processes, as one",
	.help = "Reads the reports that `dowse exec --out DIR` has written, one a process, and tells which tests\n"
		"of which packages leak. A file that is damaged is told, status 1, and the others are told all the\n"
		"same.\n"
		"\n"
		"Examples:\n"
		"  go test -exec \"dowse exec --fail-on never --out $PWD/leaks\" ./...; dowse report leaks\n"
		"  dowse report leaks --format junit -o leaks.xml\n"
		"  dowse report leaks --fail-on proved --baseline known.json\n",
	.formats = formats,
	.options = options,
	.operands_min = 1,
	.operands_max = SIZE_MAX,
	.operand = "DIR",
	.fails_on_left = true,
	.expand = report_expand,
	.run = report_run,
};

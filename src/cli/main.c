/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/confined.h"
#include "cli/heap_index.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/remote.h"
#include "report/safe.h"
#include "target/killer.h"

#define MESSAGE_LIMIT 4000
#define OWN_MEMORY    ((uint64_t)6 << 20) /* what a look at a small process takes */

static void (*before_pipes)(int); /* what SIGPIPE was to do */

void cli_restore_signals(void)
{
	signal(SIGPIPE, before_pipes);
}

bool cli_format_is(const struct invocation *invocation, const char *format)
{
	const char *chosen = invocation->options.format;
	if (!chosen)
		chosen = invocation->verb->formats ? invocation->verb->formats[0] : "text";
	/* A page shows what the JSON says. */
	return strcmp(chosen, format) == 0 ||
	       (strcmp(chosen, "html") == 0 && strcmp(format, "json") == 0);
}

/*
 * The three standard descriptors must be taken, lest the first file that is opened becomes one of
 * them. A path descriptor can be neither read nor written, so that the error is told.
 */
static void fill_standard_descriptors(void)
{
	for (int descriptor = 0; descriptor <= 2; descriptor++) {
		if (fcntl(descriptor, F_GETFD) < 0 && errno == EBADF &&
		    open("/", O_PATH | O_CLOEXEC) != descriptor)
			return;
	}
}

enum cli_status cli_report(struct error *error)
{
	enum cli_status status = error->code == ERROR_USAGE ? CLI_USAGE : CLI_FAILED;
	/* Whoever closed the pipe has seen enough. */
	if (error->os_error != EPIPE) {
		struct writer writer = WRITER_TO_DESCRIPTOR(STDERR_FILENO);
		writer_string(&writer, "dowse: ");
		safe_string_limited(&writer, error->message, MESSAGE_LIMIT, NULL);
		writer_char(&writer, '\n');
		/* There is nowhere left to say that this failed too. */
		error_destroy(writer_finish(&writer));
		writer_deinit(&writer);
	}
	error_destroy(error);
	return status;
}

size_t cli_by(const struct invocation *invocation)
{
	const char *const *all = invocation->verb->by;
	size_t i = 0;
	while (invocation->options.by && all[i] && strcmp(all[i], invocation->options.by) != 0)
		i++;
	return i;
}

/* A choice of some words, of which one was written. */
static struct error *check_choice(const char *option, const char *const *choices, const char *word)
{
	for (size_t i = 0; choices[i]; i++) {
		if (strcmp(choices[i], word) == 0)
			return NULL;
	}
	struct writer list = WRITER_TO_MEMORY;
	for (size_t i = 0; choices[i]; i++)
		writer_printf(&list, "%s%s", i ? ", " : "", choices[i]);
	const char *text = writer_text(&list);
	struct error *error = error_new(ERROR_USAGE, "there is no %s %s here: %s", option, word,
					text ? text : "");
	writer_deinit(&list);
	return error;
}

static struct error *check_format(const struct verb *verb, const char *format)
{
	static const char *const text_only[] = { "text", NULL };
	return check_choice("--format", verb->formats ? verb->formats : text_only, format);
}

static bool verb_takes(const struct verb *verb, enum option_id id)
{
	if (id == OPTION_HELP || id == OPTION_OUTPUT || id == OPTION_FORMAT ||
	    id == OPTION_REQUIRE_SANDBOX)
		return true;
	if (id == OPTION_BY)
		return verb->by;
	for (size_t i = 0; verb->options && verb->options[i] != OPTION_END; i++) {
		if (verb->options[i] == id)
			return true;
	}
	return false;
}

/* What can stand before a TARGET: a file, a URL, or a process by its number. A mistyped verb is neither. */
static bool is_moment(const char *operand)
{
	struct stat status;
	return strspn(operand, "0123456789") == strlen(operand) ||
	       strncmp(operand, "pid:", 4) == 0 || stat(operand, &status) == 0 ||
	       remote_is(operand);
}

static struct error *check_use(const struct invocation *invocation)
{
	const struct verb *verb = invocation->verb;
	const char *name = verb->name ? verb->name : "TARGET";
	for (int id = 0; id < OPTION_END; id++) {
		if (invocation->options.given[id] && !verb_takes(verb, (enum option_id)id))
			return error_new(ERROR_USAGE, "%s takes no %s", name,
					 options_name((enum option_id)id));
	}
	if (invocation->options.format)
		TRY(check_format(verb, invocation->options.format));
	if (strcmp(invocation->options.fail_on, "left") == 0 && !verb->fails_on_left)
		return error_new(ERROR_USAGE, "%s cannot tell what a test has left behind", name);
	if (invocation->options.by)
		TRY(check_choice("--by", verb->by, invocation->options.by));
	if (invocation->operand_count < verb->operands_min)
		return error_new(ERROR_USAGE, "%s needs a %s: dowse %s", name, verb->operand,
				 verb->usage);
	if (!verb->name && invocation->operand_count > 1 && !is_moment(invocation->operands[0]))
		return error_new(ERROR_USAGE, "'%s' is no verb, and no file: see dowse --help",
				 invocation->operands[0]);
	if (invocation->operand_count <= verb->operands_max)
		return NULL;
	return error_new(ERROR_USAGE, "%s cannot take '%s' as well: dowse %s", name,
			 invocation->operands[verb->operands_max], verb->usage);
}

/* The first word is a verb, or else the TARGET of a diagnosis. */
static void choose_verb(struct invocation *invocation)
{
	if (!invocation->operand_count) {
		invocation->verb = &verb_ps;
		return;
	}
	invocation->verb = verbs_find(invocation->operands[0]);
	if (!invocation->verb) {
		invocation->verb = &verb_diagnose;
		return;
	}
	invocation->operands++;
	invocation->operand_count--;
}

static void print_help(const struct invocation *invocation, bool has_words, struct writer *writer)
{
	if (has_words && invocation->verb->name)
		help_verb(invocation->verb, writer);
	else
		help_program(writer);
}

/*
 * dowse may run inside a pod that is nearly out of memory: looking would have the kernel kill
 * somebody there, who is not to be the process that is looked at.
 */
static struct error *check_room(const struct verb *verb)
{
	if (verb->looks_at_nothing)
		return NULL;
	return error_wrap(killer_avoid(OWN_MEMORY),
			  "too little memory is left here to look at anything");
}

static void close_save(struct save_file **save)
{
	save_file_deinit(*save);
}

static struct error *run_confined(struct invocation *invocation, enum cli_status *ret)
{
	_cleanup_(heap_indexes_close) struct heap_indexes indexes = { 0 };
	if (invocation->verb->expand)
		TRY(invocation->verb->expand(invocation));
	TRY(remote_prepare(invocation));
	heap_indexes_open(invocation, &indexes);
	invocation->indexes = &indexes;
	struct error *error = confined_run(invocation, ret);
	invocation->indexes = NULL;
	if (!error)
		heap_indexes_commit(&indexes);
	return error;
}

static void let_go(struct invocation *invocation)
{
	remote_let_go();
	arena_deinit(&invocation->memory);
}

static struct error *run(int count, char *const *arguments, const char **words,
			 enum cli_status *ret)
{
	_cleanup_(let_go) struct invocation invocation = { .operands = words,
							   .save = SAVE_FILE_NONE };
	TRY(options_parse(count, arguments, &invocation.options, words, &invocation.operand_count));
	bool has_words = invocation.operand_count > 0;
	choose_verb(&invocation);
	if (!invocation.verb->starts_program)
		killer_offer(getpid());
	const struct options *options = &invocation.options;
	bool only_tells = options->given[OPTION_HELP] || options->given[OPTION_VERSION];
	if (!only_tells) {
		TRY(remote_take_words(&invocation));
		TRY(check_use(&invocation));
		TRY(check_room(invocation.verb));
	}

	_cleanup_(output_deinit) struct output output = { .writer = WRITER_TO_MEMORY };
	bool saves = invocation.verb->keeps_output && !only_tells;
	_cleanup_(close_save) struct save_file *save = &invocation.save;
	TRY(output_open(saves ? NULL : options->output, &output));
	TRY(save_file_open(saves        ? options->output
			   : only_tells ? NULL
					: options->save,
			   options->spool, save));
	if (!only_tells && cli_format_is(&invocation, "pprof") && isatty(output.writer.descriptor))
		return error_new(ERROR_USAGE,
				 "pprof is not for a terminal: -o FILE, or into a pipe");
	invocation.out = &output.writer;
	invocation.style = style_for(output.writer.descriptor);
	if (options->given[OPTION_HELP])
		print_help(&invocation, has_words, invocation.out);
	else if (options->given[OPTION_VERSION])
		writer_string(invocation.out, "dowse " DOWSE_VERSION "\n");
	else if (invocation.verb->looks_at_nothing)
		TRY(invocation.verb->run(&invocation, ret));
	else
		TRY(run_confined(&invocation, ret));
	TRY(save_file_commit(save));
	bool good = *ret == CLI_OK || *ret == CLI_FOUND || *ret == CLI_PARTLY;
	return good ? output_commit(&output) : NULL;
}

int main(int argc, char **argv)
{
	fill_standard_descriptors();
	/* A reader that goes away is an error like any other: the process is never left stopped. */
	before_pipes = signal(SIGPIPE, SIG_IGN);

	_cleanup_(free_pointer) const char **words = calloc((size_t)argc + 1, sizeof(*words));
	if (!words)
		return (int)cli_report(error_no_memory());
	enum cli_status status = CLI_OK;
	struct error *error = run(argc > 0 ? argc - 1 : 0, argc > 0 ? argv + 1 : argv, words,
				  &status);
	if (error)
		status = cli_report(error);
	return (int)(status == CLI_PARTLY ? CLI_FAILED : status);
}

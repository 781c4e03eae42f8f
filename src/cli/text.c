/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *text_called(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

static const char *form_name(const struct dump *dump)
{
	static const char *const names[] = {
		[DUMP_STACKS] = "goroutine dump",
		[DUMP_COUNTS] = "goroutine profile",
		[DUMP_RACE] = "race report",
	};
	return dump->leaked ? "profile of leaked goroutines" : names[dump->form];
}

static char *print(const char *format, ...) printf_like(1, 2);
static char *print(const char *format, ...)
{
	char *text = NULL;
	va_list arguments;
	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	return text;
}

struct error *text_warn(struct text *text, const char *format, ...)
{
	size_t count = text->subject.warning_count;
	char **warnings = realloc(text->warnings, (count + 1) * sizeof(*warnings));
	if (!warnings)
		return error_no_memory();
	text->warnings = warnings;
	text->subject.warnings = (const char *const *)warnings;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&warnings[count], format, arguments);
	va_end(arguments);
	if (length < 0)
		return error_no_memory();
	text->subject.warning_count++;
	return NULL;
}

/* Races are no leaks, but who looks for one wants to know of the others. */
static struct error *warn_of_races(struct text *text)
{
	const struct dumps *dumps = &text->dumps;
	const struct dump *dump = text_dump(text);
	size_t races = 0, last = 0;
	for (size_t i = 0; i < dumps->list.count; i++) {
		if (dumps->list.items[i]->form != DUMP_RACE)
			continue;
		races++;
		last = i;
	}
	if (!races)
		return NULL;
	if (dump->form == DUMP_RACE)
		return text_warn(text,
				 "a race report tells of the goroutines that raced alone, by "
				 "numbers of the race detector's own%s",
				 races > 1 ? " (--dump N chooses another)" : "");
	return text_warn(text,
			 "%zu race report%s besides, the last at line %" PRIu64
			 ": goroutines --dump %zu shows it",
			 races, races > 1 ? "s are in it" : " is in it",
			 dumps->list.items[last]->line, last + 1);
}

static struct error *describe(struct text *text, const char *path)
{
	const struct dump *dump = text_dump(text);
	const char *called = text_called(path);
	text->subject = (struct subject){
		.kind = "text",
		.path = path,
		.uptime_ns = -1,
	};
	if (!dump)
		text->name = strdup(called);
	else if (text->dumps.list.count == 1)
		text->name = print("%s (%s at line %" PRIu64 "%s%s)", called, form_name(dump),
				   dump->line, dump->reason ? ": " : "",
				   dump->reason ? dump->reason : "");
	else
		text->name = print("%s (%s %zu of %zu, at line %" PRIu64 "%s%s)", called,
				   form_name(dump), text->chosen + 1, text->dumps.list.count,
				   dump->line, dump->reason ? ": " : "",
				   dump->reason ? dump->reason : "");
	if (!text->name)
		return error_no_memory();
	text->subject.name = text->name;
	TRY(warn_of_races(text));
	if (dump && dump->cut && dump->form != DUMP_RACE)
		TRY(text_warn(text, "the dump may lack goroutines: %s", dump->cut));
	if (text->dumps.problem[0])
		TRY(text_warn(text, "%s is not all there: %s", called, text->dumps.problem));
	if (text->dumps.dropped)
		TRY(text_warn(text, "%" PRIu64 " more dumps are too many to be kept",
			      text->dumps.dropped));
	return NULL;
}

/* The one with most goroutines, and of several such the last; a race report only if there is nothing else. */
static size_t choose_largest(const struct dumps *dumps)
{
	size_t chosen = 0;
	uint64_t most = 0;
	for (size_t i = 0; i < dumps->list.count; i++) {
		const struct dump *dump = dumps->list.items[i];
		uint64_t count = dump->form == DUMP_RACE
					 ? 0
					 : goroutines_count(&dump->goroutines, true);
		if (count >= most) {
			most = count;
			chosen = i;
		}
	}
	return chosen;
}

struct error *text_no_dump(const struct text *text, const char *path)
{
	const char *problem = text->dumps.problem;
	return error_new(
		ERROR_NOT_FOUND,
		"%s has no goroutine dump in it%s%s: give a dump or a log with one, a snapshot, "
		"a core file, a PID or a process's name (name:NAME forces a name)",
		text_called(path), problem[0] ? ", and " : "", problem);
}

static struct error *choose(struct text *text, const char *path, const struct options *options,
			    bool may_be_none)
{
	const struct dumps *dumps = &text->dumps;
	if (!dumps->list.count && !may_be_none)
		return text_no_dump(text, path);
	if (options->dump > dumps->list.count)
		return error_new(ERROR_USAGE, "--dump %" PRIu64 ": %s has %zu", options->dump,
				 text_called(path), dumps->list.count);
	text->chosen = options->dump ? (size_t)options->dump - 1 : choose_largest(dumps);
	return NULL;
}

static struct error *fill(struct cli_target *target, const struct options *options,
			  const struct dumps_options *how, bool may_be_none, struct text *text)
{
	TRY(dumps_read(target->descriptor, text_called(target->path), target->head,
		       target->head_size, how, &text->dumps));
	TRY(choose(text, target->path, options, may_be_none));
	TRY(describe(text, target->path));
	if (text_dump(text))
		TRY(dump_modules_add(&text->modules, &text_dump(text)->goroutines));
	text->subject.places = text->modules.rule;
	return NULL;
}

struct error *text_read(struct cli_target *target, const struct options *options,
			const struct dumps_options *how, bool may_be_none, struct text *ret)
{
	struct text text = { 0 };
	struct error *error = fill(target, options, how, may_be_none, &text);
	if (error)
		text_deinit(&text);
	else
		*ret = text;
	return error;
}

void text_deinit(struct text *text)
{
	dumps_deinit(&text->dumps);
	dump_modules_deinit(&text->modules);
	for (size_t i = 0; i < text->subject.warning_count; i++)
		free(text->warnings[i]);
	free(text->warnings);
	free(text->name);
	*text = (struct text){ 0 };
}

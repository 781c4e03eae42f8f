/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/runtime_private.h"

#include <stdio.h>
#include <string.h>

#include "runtime/debug_setting.h"
#include "runtime/globals.h"
#include "runtime/layout_check.h"

#define RELEASE_SHOWS_LABELS         26
#define RELEASE_SHOWS_LABELS_UNASKED 27

static struct error *runtime_warn(struct runtime *runtime, const char *text)
{
	if (runtime->warning_count == RUNTIME_WARNINGS_MAX)
		return NULL;
	const char *copy = arena_copy_string(&runtime->arena, text, strlen(text));
	if (!copy)
		return error_no_memory();
	runtime->warnings[runtime->warning_count++] = copy;
	return NULL;
}

static struct error *warn_of_layout(struct runtime *runtime)
{
	const struct binary *binary = runtime->binary;
	char text[256];
	/* A release that is not there yet may mean other things by the same members. */
	if (binary->layout_source == LAYOUT_FROM_DWARF &&
	    layout_minor(binary->layout_release) != binary->minor) {
		snprintf(text, sizeof(text),
			 "%s is not a release that dowse knows: read by its debug information, and "
			 "where that says nothing as %s",
			 binary->release, binary->layout_release);
		return runtime_warn(runtime, text);
	}
	if (binary->layout_source != LAYOUT_FROM_NEAREST)
		return NULL;
	snprintf(text, sizeof(text),
		 "%s is not a release that dowse knows, and the program has no debug information: "
		 "read as %s",
		 binary->release, binary->layout_release);
	return runtime_warn(runtime, text);
}

/* Libraries with a runtime each, in a process that need not be Go itself. */
static struct error *warn_of_others(struct runtime *runtime)
{
	size_t others = runtime->binary->other_runtimes;
	char text[256];
	if (!others)
		return NULL;
	snprintf(text, sizeof(text),
		 "this process has %zu more Go %s, whose goroutines are not shown: this is the one "
		 "in %s",
		 others, others == 1 ? "runtime" : "runtimes",
		 elf_name(runtime->binary->modules[0].elf));
	return runtime_warn(runtime, text);
}

/* Without these nothing can be said of goroutines. */
static struct error *require_globals(const struct runtime *runtime)
{
	if (runtime->globals[GLOBAL_ALLGLEN] && runtime->globals[GLOBAL_ALLGPTR])
		return NULL;
	return error_new(ERROR_UNSUPPORTED,
			 "%s: the list of goroutines was not found in this %s program: look again "
			 "if it has just started; else please report it, with what `dowse "
			 "doctor` says of it",
			 target_name(runtime->target), runtime->binary->release);
}

static struct error *runtime_fill(struct runtime *runtime)
{
	TRY(binary_open(runtime->target, &runtime->binary));
	TRY(error_wrap(layout_check(&runtime->binary->layout), "%s", target_name(runtime->target)));
	TRY(globals_find(runtime->binary, runtime->globals));
	TRY(require_globals(runtime));
	wait_reasons_read(runtime, &runtime->arena, &runtime->reasons);
	runtime->shows_labels = runtime->binary->minor >= RELEASE_SHOWS_LABELS &&
				debug_setting(runtime, "tracebacklabels",
					      runtime->binary->minor >=
						      RELEASE_SHOWS_LABELS_UNASKED) == 1;
	TRY(warn_of_others(runtime));
	return warn_of_layout(runtime);
}

struct error *runtime_open(struct target *target, struct runtime **ret)
{
	_cleanup_(runtime_cleanup) struct runtime *runtime = calloc(1, sizeof(*runtime));
	if (!runtime)
		return error_no_memory();
	runtime->target = target;
	TRY(runtime_fill(runtime));
	*ret = TAKE_PTR(runtime);
	return NULL;
}

void runtime_destroy(struct runtime *runtime)
{
	if (!runtime)
		return;
	binary_destroy(runtime->binary);
	arena_deinit(&runtime->arena);
	free(runtime);
}

void runtime_borrow_debug(struct runtime *runtime, const struct runtime *lender)
{
	binary_borrow_debug(runtime->binary, lender->binary);
}

const struct binary *runtime_binary(const struct runtime *runtime)
{
	return runtime->binary;
}

struct target *runtime_target(const struct runtime *runtime)
{
	return runtime->target;
}

void runtime_look_at(struct runtime *runtime, struct target *target)
{
	runtime->target = target;
	runtime->binary->target = target;
}

void runtime_look_at_copy(struct runtime *runtime, struct target *copy)
{
	runtime->target = copy;
}

const char *const *runtime_warnings(const struct runtime *runtime, size_t *ret_count)
{
	*ret_count = runtime->warning_count;
	return runtime->warnings;
}

uint64_t runtime_global(const struct runtime *runtime, enum runtime_global global)
{
	return runtime->globals[global];
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_TEXT_H
#define DOWSE_CLI_TEXT_H

#include "cli/options.h"
#include "cli/target.h"
#include "dump/dump.h"
#include "dump/modules.h"
#include "report/subject.h"

/* A text as evidence: what dumps are in it, and what it is called. */
struct text {
	struct dumps dumps;
	size_t chosen; /* the dump that is told of; only if there is one */
	struct subject subject;
	struct dump_modules modules; /* of `subject` */
	char *name;                  /* of `subject` */
	char **warnings;             /* of `subject`; owned */
};

/*
 * Read it to its end. --dump chooses a dump, else it is the one with most goroutines; that there is
 * none is ERROR_NOT_FOUND, unless traces may make up for it.
 */
struct error *text_read(struct cli_target *target, const struct options *options,
			const struct dumps_options *how, bool may_be_none, struct text *ret)
	must_use;
/* The error of a text without a dump. */
struct error *text_no_dump(const struct text *text, const char *path) must_use;

/* One more warning for the report. */
struct error *text_warn(struct text *text, const char *format, ...) printf_like(2, 3) must_use;
void text_deinit(struct text *text);

static inline struct dump *text_dump(const struct text *text)
{
	return text->dumps.list.count ? text->dumps.list.items[text->chosen] : NULL;
}

/* The words for a file, or for standard input. */
const char *text_called(const char *path);

#endif

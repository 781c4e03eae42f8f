/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_PS_REPORT_H
#define DOWSE_REPORT_PS_REPORT_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/vector.h"
#include "report/style.h"

/* A Go process that can be seen. Strings are borrowed. */
struct ps_process {
	pid_t pid;
	uid_t uid;
	const char *name;
	const char *release;    /* "go1.26.8"; NULL unknown */
	const char *executable; /* NULL unknown */
	const char *command;    /* with its arguments; "" unknown */
	int64_t age_ns;
	int64_t resident;
	int64_t goroutines; /* -1: its memory may not be read */
	bool replaced;      /* another file has taken the executable's place */
	bool deleted;
};

DEFINE_VECTOR(ps_process_vector, struct ps_process);

struct ps_report {
	struct arena arena;                 /* the strings */
	struct ps_process_vector processes; /* largest first */
	size_t unseen;   /* processes whose executable may not be read: Go's or not */
	size_t closed;   /* Go processes whose memory may not be read */
	bool privileged; /* dowse runs as root */
};

void ps_report_deinit(struct ps_report *report);

struct error *ps_text(const struct ps_report *report, const struct style *style,
		      struct writer *writer) must_use;
void ps_json(const struct ps_report *report, struct writer *writer);

#endif

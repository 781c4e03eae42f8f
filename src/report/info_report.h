/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_INFO_REPORT_H
#define DOWSE_REPORT_INFO_REPORT_H

#include "binary/module.h"
#include "report/subject.h"
#include "runtime/memory.h"
#include "target/core.h"
#include "target/procfs.h"

/* What the system allows the process; -1: no limit, or unknown. */
struct info_limits {
	int64_t descriptors;        /* open now */
	int64_t descriptor_limit;   /* ulimit -n */
	double processors;          /* what its control groups give it: 1.5 */
	int64_t allowed_processors; /* that it may be scheduled on */
};

/* One process, as far as it can be read without a stop, or a core. Everything is borrowed. */
struct info_report {
	const struct subject *subject;
	const struct binary *binary;
	const struct process_facts *facts;           /* NULL: of a core */
	const struct process_executable *executable; /* NULL: of a core */
	const struct core_facts *core;               /* NULL: of a process */
	const char *command;
	const struct runtime_counters *counters;
	const struct runtime_memory *memory; /* NULL: see memory_problem */
	const char *memory_problem;
	struct info_limits limits;
	int64_t since_gc_ns; /* since the last collection ended; -1: none yet, or unknown */
	bool modules;        /* each module */
	const struct style *style;
};

struct error *info_text(const struct info_report *report, struct writer *writer) must_use;
void info_json(const struct info_report *report, struct writer *writer);

#endif

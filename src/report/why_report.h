/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_WHY_REPORT_H
#define DOWSE_REPORT_WHY_REPORT_H

#include "heap/why.h"
#include "report/heap_report.h"

/* Why something is still there, and how that is to be shown. */
struct why_report {
	const struct subject *subject;
	struct heap_why *why;
	const char *what; /* as it was asked for */
	bool all;         /* what maps consist of, and nothing cut */
	uint64_t limit;   /* rows of a list; UINT64_MAX: not said */
	uint64_t pause_ns;
	uint64_t fork_ns;
	const struct style *style; /* for text */
};

struct error *why_text(const struct why_report *report, struct writer *writer) must_use;
struct error *why_json(const struct why_report *report, struct writer *writer) must_use;

/* Where a goroutine's root has the pointer that a path begins with; frame NULL: not known. */
struct error *why_path_frame(const struct heap_why *why, const struct heap_path *path,
			     struct heap_frame_place *ret) must_use;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_OBJECTS_REPORT_H
#define DOWSE_REPORT_OBJECTS_REPORT_H

#include "heap/objects.h"
#include "report/heap_report.h"

/* Objects of one type, and how they are to be shown. */
struct objects_report {
	const struct subject *subject;
	const struct heap *heap;
	const struct heap_objects *objects;
	const char *condition; /* that they pass; NULL: none was asked for */
	const char *order;     /* "retained" */
	uint64_t pause_ns;
	uint64_t fork_ns;
	const struct style *style; /* for text */
};

struct error *objects_text(const struct objects_report *report, struct writer *writer) must_use;
struct error *objects_json(const struct objects_report *report, struct writer *writer) must_use;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_HEAP_REPORT_H
#define DOWSE_REPORT_HEAP_REPORT_H

#include "heap/allocators.h"
#include "heap/fill.h"
#include "heap/names.h"
#include "heap/sites.h"
#include "heap/summary.h"
#include "heap/values.h"
#include "report/subject.h"

/* What is in a heap, and how it is to be shown: of the lists, those that are not NULL. */
struct heap_report {
	const struct subject *subject;
	struct heap *heap;
	const struct heap_totals *totals;
	const struct heap_group_vector *types;
	const struct heap_holders *holders;
	const struct heap_package_vector *packages;
	const struct heap_size_class_vector *classes;
	const struct heap_sites *sites;
	const struct heap_values *values;
	const struct heap_fill *fill;
	const struct heap_allocators *allocators; /* then `types`, too, but not shown by itself */
	uint64_t pause_ns;
	uint64_t fork_ns;          /* how long the fork lived; 0: there was none */
	uint64_t limit;            /* rows; UINT64_MAX: not said */
	const struct style *style; /* for text */
};

/* How many rows a text has when nobody says. */
#define HEAP_ROWS      20
#define HEAP_PARTS_MAX 1000 /* holders whose parts are told: each takes memory for every type */

struct error *heap_text(const struct heap_report *report, struct writer *writer) must_use;
struct error *heap_json(const struct heap_report *report, struct writer *writer) must_use;

/* "main.sessions", "1,000 goroutines at main.worker  worker.go:57". */
struct error *heap_holder_text(const struct heap_report *report, const struct heap_holder *holder,
			       struct writer *writer) must_use;

#endif

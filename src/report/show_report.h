/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_SHOW_REPORT_H
#define DOWSE_REPORT_SHOW_REPORT_H

#include "heap/duplicates.h"
#include "heap/fields.h"
#include "heap/incoming.h"
#include "heap/query.h"
#include "heap/why.h"
#include "report/heap_report.h"

/* One object, and how it is to be shown. */
struct show_report {
	const struct subject *subject;
	struct heap_edge_names *names; /* of the heap */
	const struct heap_query *query;
	const struct heap_fields *fields; /* of an object: these two */
	const struct heap_incoming *holders;
	bool data; /* what strings and arrays contain was asked for */
	uint64_t pause_ns;
	uint64_t fork_ns;
	const struct style *style; /* for text */
};

struct error *show_text(const struct show_report *report, struct writer *writer) must_use;
struct error *show_json(const struct show_report *report, struct writer *writer) must_use;

/* As a Go string: `cut`, there is more. What strangers wrote is made safe with the cell. */
void show_data_text(const char *data, size_t length, bool cut, struct writer *writer);

/* Strings and slices that contain the same, and how they are to be shown. */
struct duplicates_report {
	const struct subject *subject;
	struct heap *heap;
	const struct heap_duplicates *duplicates;
	uint64_t pause_ns;
	uint64_t fork_ns;
	const struct style *style; /* for text */
};

struct error *show_duplicates_text(const struct duplicates_report *report, struct writer *writer)
	must_use;
struct error *show_duplicates_json(const struct duplicates_report *report, struct writer *writer)
	must_use;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_HEAP_FACES_H
#define DOWSE_REPORT_HEAP_FACES_H

#include "base/json.h"
#include "report/heap_report.h"

/* The lists of a report about a heap, each in a file of its own; `limit` is of rows. */
struct error *heap_sites_text(const struct heap_report *report, uint64_t limit,
			      struct writer *writer) must_use;
struct error *heap_sites_json(const struct heap_report *report, struct json *json) must_use;

/* Of a program that samples nothing: types, and who may allocate them. */
struct error *heap_allocators_text(const struct heap_report *report, uint64_t limit,
				   struct writer *writer) must_use;
struct error *heap_allocators_json(const struct heap_report *report, struct json *json) must_use;

struct error *heap_values_text(const struct heap_report *report, uint64_t limit,
			       struct writer *writer) must_use;
void heap_values_json(const struct heap_report *report, struct json *json);

struct error *heap_fill_text(const struct heap_report *report, uint64_t limit,
			     struct writer *writer) must_use;
void heap_fill_json(const struct heap_report *report, struct json *json);

/* The innermost frame outside the standard library, else the innermost; NULL without any. */
const struct heap_site_frame *heap_site_place(const struct heap_site *site,
					      const struct place_rule *rule);

#endif

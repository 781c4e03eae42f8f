/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_HEAP_MEMBERS_H
#define DOWSE_REPORT_HEAP_MEMBERS_H

#include "base/json.h"
#include "heap/summary.h"

/* Members of documents about a heap. */

/* The member "heap". */
void member_heap_totals(struct json *json, const struct heap_totals *totals);

/* "type", and of what has none "size_class" and "pointers". */
struct error *members_heap_type(const struct heap *heap, uint32_t type, uint16_t shape_number,
				struct json *json) must_use;

#endif

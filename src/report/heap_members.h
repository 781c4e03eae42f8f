/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_HEAP_MEMBERS_H
#define DOWSE_REPORT_HEAP_MEMBERS_H

#include "base/json.h"
#include "heap/holders.h"
#include "heap/summary.h"

/* Members of documents about a heap. */

/* The member "heap". */
void member_heap_totals(struct json *json, const struct heap_totals *totals);

/* "type", and of what has none "size_class" and "pointers". */
struct error *members_heap_type(const struct heap *heap, uint32_t type, uint16_t shape_number,
				struct json *json) must_use;

/* "kind", "name", "used_by", "address" and "goroutine" of a root. */
void members_heap_root(const struct heap *heap, const struct heap_root *root, struct json *json);

/* "type", "address" and "bytes" of an object. */
struct error *members_heap_object(const struct heap *heap, uint32_t vertex, struct json *json)
	must_use;

/* "root": a root's; null for an object, whose own members follow. */
struct error *members_heap_vertex(const struct heap *heap, uint32_t vertex, struct json *json)
	must_use;

/* Those of the holder's root; "kind" is "shared" where there is not a single one. */
void members_heap_holder(const struct heap *heap, const struct heap_holder *holder,
			 struct json *json);

/* "pause_ms" and "fork_ms": what the look cost. */
void members_heap_moment(struct json *json, uint64_t pause_ns, uint64_t fork_ns);

#endif

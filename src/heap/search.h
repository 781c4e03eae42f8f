/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_SEARCH_H
#define DOWSE_HEAP_SEARCH_H

#include "heap/roots.h"
#include "heap/scan.h"
#include "heap/spans.h"

/*
 * From the roots through the graph: what can be reached, and what it is. A typed object types those
 * that it points to; a better type that comes later goes the same way again.
 */
struct error *heap_search_run(const struct heap_spans *spans, struct heap_types *types,
			      const struct heap_roots *roots, struct heap_scan *scan,
			      uint64_t **ret_reached) must_use;

#endif

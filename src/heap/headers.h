/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_HEADERS_H
#define DOWSE_HEAP_HEADERS_H

#include "heap/heap.h"

/*
 * Strings and slices of what has no pointers, where they are kept: in fields, elements, maps and
 * global variables. Those on stacks are left out: a length need not lie beside its pointer there.
 */
struct heap_header {
	uint64_t address; /* of the contents */
	uint64_t length;  /* bytes */
	bool is_string;
	uint32_t keeper; /* where it is kept, for heap_headers_keeper() */
};

struct heap_headers;

/* Memory is read from here on: the target must stand still. */
struct error *heap_headers_create(struct heap *heap, struct heap_headers **ret) must_use;
void heap_headers_destroy(struct heap_headers *headers);

typedef struct error *heap_header_taker(void *argument, const struct heap_header *header);

/* All of them, in any order; *ret_unreadable counts objects that are not there. */
struct error *heap_headers_walk(struct heap_headers *headers, heap_header_taker *take,
				void *argument, uint64_t *ret_unreadable) must_use;

/* "main.User.status", "[]string", "map[string]int.key", "main.names"; lives as long as `headers`. */
const char *heap_headers_keeper(const struct heap_headers *headers, uint32_t keeper);

static inline void heap_headers_cleanup(struct heap_headers **headers)
{
	heap_headers_destroy(*headers);
}

#endif

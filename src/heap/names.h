/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_NAMES_H
#define DOWSE_HEAP_NAMES_H

#include "heap/holders.h"

/* What the things in a heap are called. */

/* The type of a group, or what is known of objects without one: "? of 64 bytes, 3 pointers". */
struct error *heap_group_text(const struct heap *heap, const struct heap_group *group,
			      struct writer *writer) must_use;

/* What a root is called: "main.sessions", "goroutine 18", "finalizer of 0xc000012000". */
void heap_root_text(const struct heap *heap, const struct heap_root *root, struct writer *writer);

/* Of an object its type, of a root its name. */
struct error *heap_vertex_text(const struct heap *heap, uint32_t vertex, struct writer *writer)
	must_use;

/* What one retains; 0 for what cannot be reached. After heap_dominate(). */
uint64_t heap_retained(const struct heap *heap, uint32_t vertex);

#endif

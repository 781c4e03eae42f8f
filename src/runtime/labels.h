/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_LABELS_H
#define DOWSE_RUNTIME_LABELS_H

#include "base/map.h"
#include "runtime/runtime.h"

/*
 * Profiler labels of goroutines. A set of labels never changes once made, so that it is read after
 * the stop, and once for all goroutines that share it.
 */
struct labels {
	struct runtime *runtime;
	struct arena *arena;   /* the texts */
	struct map by_address; /* of a set → its text, or 0 */
	size_t copied;         /* bytes read for them */
	size_t sets;           /* read, or tried to */
};

void labels_init(struct labels *labels, struct runtime *runtime, struct arena *arena);
void labels_deinit(struct labels *labels);

/*
 * The set at an address (0: none) as the dump of its release writes it: {key: value, "a b": "c"},
 * up to Go 1.26 all of them quoted. Up to 1.23 they are a map, which has no order: then sorted, as
 * in the runtime's profiles. *ret is NULL when there is none, it cannot be read or is out of all
 * proportion.
 */
struct error *labels_decode(struct labels *labels, uint64_t address, const char **ret) must_use;

/* The synctest bubble of a goroutine, by the number that the dump gives it; 0 outside. */
void labels_bubble_decode(struct runtime *runtime, const uint8_t *g, struct goroutine *goroutine);

#endif

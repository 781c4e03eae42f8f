/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_LABELS_H
#define DOWSE_RUNTIME_LABELS_H

#include "runtime/runtime.h"

/*
 * A goroutine's profiler labels as the dump of its release writes them: {key: value, "a b": "c"},
 * up to Go 1.26 all of them quoted.
 * *ret is NULL when it has none, or where the release keeps them in a map (up to 1.23), whose
 * order is not to be had. Labels never change once set, so they are read after the stop.
 */
struct error *labels_decode(struct runtime *runtime, uint64_t labels, struct arena *arena,
			    const char **ret) must_use;

/* The synctest bubble of a goroutine, by the number that the dump gives it; 0 outside. */
struct error *bubble_decode(struct runtime *runtime, const uint8_t *g,
			    struct goroutine *goroutine) must_use;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_SELECTION_H
#define DOWSE_RUNTIME_SELECTION_H

#include "base/vector.h"
#include "runtime/runtime.h"
#include "target/extents.h"

/*
 * What of a process's memory is worth keeping for a later analysis, and nothing more. That is all
 * that can hold pointers or that the runtime keeps its books in: spans of objects with pointers,
 * goroutine stacks from their stack pointers on, the modules' code and data, the runtime's
 * structures outside the heap. Left out are objects without pointers (the bytes of strings and
 * slices), what is free, C's memory, other files, and the environment. A few objects without
 * pointers are needed all the same: channels, locks and wait groups that somebody waits at, closures
 * of deferred calls, the texts of goroutines' labels, closed channels that who runs has at hand.
 *
 * The target must stand still: stopped, a fork, or a file. It is walked arena by arena, so that the
 * memory that this takes does not grow with the heap; it grows by 16 bytes for each goroutine.
 */
struct selection;

struct selection_options {
	bool with_data; /* objects without pointers as well */
};

struct error *selection_create(struct runtime *runtime, const struct selection_options *options,
			       struct selection **ret) must_use;

/*
 * The next extents, by rising starts (they may overlap). *ret_count 0: there are no more. The array
 * belongs to the selection until the next call.
 */
struct error *selection_next(struct selection *selection, const struct target_extent **ret,
			     size_t *ret_count) must_use;

/* What was met so far; bytes of address space. */
struct selection_summary {
	uint64_t heap;   /* objects with pointers */
	uint64_t data;   /* objects without: left out, unless they were asked for */
	uint64_t stacks; /* of goroutines, as far as they are in use */
	uint64_t others; /* code, data, the runtime's structures */
	uint64_t goroutines;
	const char *problem; /* what could not be looked through, static text; NULL */
};

void selection_summary(const struct selection *selection, struct selection_summary *ret);

/*
 * All of it at once, merged, appended to *ret: 16 bytes for each piece, which are not so many as
 * there are spans. ERROR_LIMIT where they are too many. `ret_summary` may be NULL.
 */
struct error *selection_collect(struct runtime *runtime, const struct selection_options *options,
				struct target_extent_vector *ret,
				struct selection_summary *ret_summary) must_use;

/* NULL is accepted. */
void selection_destroy(struct selection *selection);

static inline void selection_cleanup(struct selection **selection)
{
	selection_destroy(*selection);
}

#endif

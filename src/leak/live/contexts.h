/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_CONTEXTS_H
#define DOWSE_LEAK_LIVE_CONTEXTS_H

#include "base/map.h"
#include "leak/live/live.h"

/*
 * The contexts of a program, and which goroutines hold some: package context's own, that can be
 * cancelled, and those that carry values on top of them.
 */
enum context_state {
	CONTEXT_NONE, /* no context, or one that dowse does not know */
	CONTEXT_LIVE,
	CONTEXT_CANCELLED,
};

struct contexts;

/* Memory is read: the target must stand still. */
struct error *contexts_read(const struct heap *heap, struct contexts **ret) must_use;
void contexts_destroy(struct contexts *contexts);

enum context_state contexts_state(const struct contexts *contexts, uint32_t vertex);

/*
 * Does the goroutine hold contexts, all of which are cancelled? In variables of the program's own
 * functions, or in what these point to; `of_test`, what a *testing.T has does not count. `root` is its
 * vertex.
 */
bool contexts_given_up(const struct contexts *contexts, const struct place_rule *places,
		       uint32_t root, bool of_test);

static inline void contexts_cleanup(struct contexts **contexts)
{
	contexts_destroy(*contexts);
}

#endif

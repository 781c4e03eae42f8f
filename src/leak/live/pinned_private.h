/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_PINNED_PRIVATE_H
#define DOWSE_LEAK_LIVE_PINNED_PRIVATE_H

#include "leak/live/pinned.h"
#include "runtime/batch.h"

/* pinned_words.c: title, why, and what would settle it; rule, certainty and numbers are there. */
struct error *pinned_words(const struct live_evidence *evidence, const struct pinned_group *group,
			   const struct heap_view_field *field, struct findings *findings,
			   struct finding *finding) must_use;

/* pinned_dropped.c: into the groups, once there is a tree of dominators. */
struct error *pinned_weigh_dropped(const struct live_evidence *evidence, struct pinned *pinned)
	must_use;

#endif

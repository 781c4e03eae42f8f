/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_PINNED_WORDS_H
#define DOWSE_LEAK_LIVE_PINNED_WORDS_H

#include "leak/live/pinned.h"

/* Title, why and what would settle it, of a finding whose rule, certainty and numbers are there. */
struct error *pinned_words(const struct live_evidence *evidence, const struct pinned_group *group,
			   const struct heap_view_field *field, struct findings *findings,
			   struct finding *finding) must_use;

#endif

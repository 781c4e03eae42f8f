/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_FILTER_H
#define DOWSE_PROFILE_FILTER_H

#include "profile/filter_labels.h"
#include "profile/pattern.h"

/* Which stacks are looked at, and which of their frames: the words and meanings of `go tool pprof`. */
struct profile_filter {
	struct pattern focus;      /* stacks with a frame that it matches */
	struct pattern ignore;     /* no stacks with one */
	struct pattern hide, show; /* without such frames; with no others */
	struct label_filter tag_focus, tag_ignore;
};

void profile_filter_deinit(struct profile_filter *filter);

/* Leaves in the profile what the filter does. Totals are then those of what is left. */
struct error *profile_filter_apply(const struct profile_filter *filter, struct profile *profile)
	must_use;

/* What all samples come to, of one type; without an end, as if it had no sign. */
int64_t profile_total(const struct profile *profile, uint32_t type);

#endif

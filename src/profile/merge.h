/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_MERGE_H
#define DOWSE_PROFILE_MERGE_H

#include "profile/profile.h"

/*
 * The sum of profiles of the same types. Samples are one when their stacks and labels are;
 * locations when their place in the same mapping and their lines are; functions and mappings by
 * what they are called. Samples that come to zero are left out. Text is borrowed from no one.
 */
struct error *profile_merge(struct profile *const *profiles, size_t count, const char *name,
			    struct profile **ret) must_use;

/*
 * What `now` has more than `before`: values may be negative. `labelled`: those of `before` stay
 * samples of their own, with the label pprof::base, so that shares of it can be told.
 */
struct error *profile_subtract(struct profile *now, struct profile *before, bool labelled,
			       const char *name, struct profile **ret) must_use;

/* NULL when the two can be added; else ERROR_USAGE in words. */
struct error *profile_check_compatible(const struct profile *left, const struct profile *right)
	must_use;

#endif

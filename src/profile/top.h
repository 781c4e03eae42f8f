/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_TOP_H
#define DOWSE_PROFILE_TOP_H

#include "profile/profile.h"

/* What functions of one name stand for: at the end of stacks (flat), and anywhere in them (cum). */
struct profile_top_row {
	const char *name; /* of the profile's arena */
	int64_t flat, cum;
};

struct profile_top {
	struct profile_top_row *rows; /* largest first, whatever their sign */
	uint32_t count;
	int64_t total;
};

/* Of one type of value, by either sum; no more than `limit` rows of each. */
struct error *profile_top_make(struct profile *profile, uint32_t type, uint32_t limit,
			       struct profile_top *ret_flat, struct profile_top *ret_cumulative)
	must_use;
void profile_top_deinit(struct profile_top *top);

#endif

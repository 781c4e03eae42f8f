/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_PROFILE_TOP_REPORT_H
#define DOWSE_REPORT_PROFILE_TOP_REPORT_H

#include "profile/top.h"
#include "report/style.h"

/*
 * A table of functions: by themselves, with what they call, and their shares of `whole`, which may be
 * more than there is in the profile once it was filtered.
 */
struct error *profile_top_text(const struct profile *profile, uint32_t type, int64_t whole,
			       const struct profile_top *top, const struct style *style,
			       struct writer *writer) must_use;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_PROFILE_NAME_H
#define DOWSE_REPORT_PROFILE_NAME_H

#include "base/writer.h"
#include "profile/profile.h"

/* A name of a profile for the eye, as safe_string() makes it; *ret_columns may be NULL. */
void profile_name_write(struct profile_text name, size_t limit, struct writer *writer,
			size_t *ret_columns);

/* "12.3%"; "" of nothing. */
const char *profile_share_text(int64_t value, int64_t whole, char ret[static 32]);

#endif

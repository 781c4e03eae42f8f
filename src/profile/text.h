/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_TEXT_H
#define DOWSE_PROFILE_TEXT_H

#include "profile/read.h"

/* Profiles that are text: what net/http/pprof writes with ?debug=1, and folded stacks. */
enum profile_kind profile_text_kind(const void *bytes, size_t size, bool whole);

/* The bytes are taken over. */
struct error *profile_text_read(enum profile_kind kind, struct profile_bytes *bytes,
				const char *name, struct profile **ret) must_use;

#endif

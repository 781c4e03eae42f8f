/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_READ_H
#define DOWSE_PROFILE_READ_H

#include "profile/profile.h"

/* What bytes are a profile in. */
enum profile_kind {
	PROFILE_KIND_NONE,
	PROFILE_KIND_PROTO,
	PROFILE_KIND_HEAP_TEXT,      /* of net/http/pprof with ?debug=1 */
	PROFILE_KIND_GOROUTINE_TEXT, /* and other counts */
	PROFILE_KIND_FOLDED,
};

/* By the first bytes, unpacked; `whole` when there is no more. */
enum profile_kind profile_kind_of(const void *bytes, size_t size, bool whole);

/* Read a file from its beginning, packed or not; several profiles in a row become one. */
struct error *profile_read(int descriptor, const char *name, struct profile **ret) must_use;

/* The same of bytes in memory. */
struct error *profile_read_bytes(const void *bytes, size_t size, const char *name,
				 struct profile **ret) must_use;

#endif

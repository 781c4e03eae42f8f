/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HTTP_UNWRAP_H
#define DOWSE_HTTP_UNWRAP_H

#include "base/error.h"

/*
 * Of content that was packed by gzip for the way, `size` bytes of the file `packed`: write into the file
 * `into` what was packed, if that is packed itself, as profiles are. *ret says whether: what is not, such
 * as text, may stay as it is, for who reads it knows how to unpack it. At most 64 MiB and 16 times `size`
 * come of it.
 */
struct error *http_unwrap(int packed, uint64_t size, const char *shown, int into, bool *ret)
	must_use;

#endif

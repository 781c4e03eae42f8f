/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_DECODE_H
#define DOWSE_PROFILE_DECODE_H

#include "profile/profile.h"

/*
 * profile.proto. What is legal, and what it means, is what other readers take it for: every sample
 * has a value of each type and names locations that exist, ids are not 0 and not given twice, the
 * first text is empty. ERROR_CORRUPT names the file and the offset in the unpacked bytes.
 */
struct error *profile_decode(struct profile *profile, const uint8_t *bytes, size_t size) must_use;

/* Could this be the head of one? `whole` when there is no more. */
bool profile_is_proto(const void *bytes, size_t size, bool whole);

/*
 * Several profiles one behind the other: where the one ends that begins at `bytes`. `size` when it
 * is the last.
 */
size_t profile_decode_boundary(const uint8_t *bytes, size_t size);

#endif

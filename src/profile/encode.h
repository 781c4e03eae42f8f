/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_ENCODE_H
#define DOWSE_PROFILE_ENCODE_H

#include "base/writer.h"
#include "profile/profile.h"

/* As profile.proto, packed by gzip: ids count from 1, each kind of field stands together. */
struct error *profile_encode(const struct profile *profile, struct writer *writer) must_use;

/*
 * As folded stacks of one type of value: "main.main;main.work 12", the innermost frame last. What
 * has no name is its address. Samples of zero are left out.
 */
struct error *profile_fold(const struct profile *profile, uint32_t type, struct writer *writer)
	must_use;

#endif

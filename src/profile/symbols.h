/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_SYMBOLS_H
#define DOWSE_PROFILE_SYMBOLS_H

#include "profile/profile.h"

/*
 * Functions, lines and inlined calls for what is addresses alone, out of the table that each Go
 * executable has, stripped or not. What is not the executable's, or not Go's, stays an address.
 * ERROR_USAGE where it is another build than the profile is of.
 */
struct error *profile_symbols_add(struct profile *profile, int descriptor, const char *path)
	must_use;

#endif

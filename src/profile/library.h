/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_PROFILE_LIBRARY_H
#define DOWSE_PROFILE_LIBRARY_H

#include "profile/sites.h"

/*
 * A profile does not say what its program was linked from. So the standard library is known by the
 * first elements of its packages' paths.
 */
bool library_has(const char *function, size_t length);

/* May it be of a Go program? By what every such has; of addresses alone nothing is known. */
bool library_is_go(const struct profile *profile);

/* What a goroutine does that stands in this function. */
enum profile_wait library_wait(const char *function, size_t length);

#endif

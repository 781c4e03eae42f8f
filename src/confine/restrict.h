/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CONFINE_RESTRICT_H
#define DOWSE_CONFINE_RESTRICT_H

#include "base/error.h"

/* What there is besides the filter. Each is for good. */

/* No privileges from what is executed, no capabilities, no core file, no READ_IMPLIES_EXEC. */
struct error *restrict_rights(void) must_use;

/*
 * Close all but the standard descriptors and those of a list, which must rise. Standard input
 * becomes empty, unless it is to be kept.
 */
void restrict_descriptors(const int *kept, size_t count, bool keep_input);

/*
 * Landlock: no file may be opened, created, moved, no TCP connection made, nobody outside be
 * signalled. False where the kernel has none: the filter alone holds then.
 */
bool restrict_files(void);

#endif

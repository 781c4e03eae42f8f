/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_EXTENTS_H
#define DOWSE_TARGET_EXTENTS_H

#include "base/vector.h"
#include "target/target.h"

/* Many pieces of an address space. */
DEFINE_VECTOR(target_extent_vector, struct target_extent);

/* Sort them by address and join what overlaps or touches: the same memory, each byte once. */
void target_extents_merge(struct target_extent_vector *extents);

/* Of merged ones: leave out pages that were never touched, and would read as zeroes. */
struct error *target_extents_keep_present(struct target_extent_vector *extents,
					  struct target *target) must_use;

uint64_t target_extents_bytes(const struct target_extent_vector *extents);

#endif

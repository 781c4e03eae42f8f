/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_MAPS_H
#define DOWSE_TARGET_MAPS_H

#include "base/file.h"
#include "base/vector.h"
#include "target/target.h"

DEFINE_VECTOR(mapping_vector, struct target_mapping);

/* A parsed maps file of /proc. The paths of the mappings point into its text. All zeroes is empty. */
struct maps {
	struct mapping_vector mappings;
	struct file_bytes text;
};

/* From an open descriptor of a maps file, at its beginning. */
struct error *maps_read(int descriptor, struct maps *ret) must_use;

/* Takes the text over, also on failure. */
struct error *maps_parse(struct file_bytes *text, struct maps *ret) must_use;

/* The mapping that holds an address, or NULL. */
const struct target_mapping *maps_find(const struct maps *maps, uint64_t address);

void maps_deinit(struct maps *maps);

#endif

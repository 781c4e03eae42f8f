/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_CORE_WRITER_NOTES_H
#define DOWSE_TARGET_CORE_WRITER_NOTES_H

#include "base/writer.h"
#include "target/core_writer.h"

/*
 * The notes of a core that is written: of each thread its registers; of the process what /proc says
 * and which files are mapped where. *ret_apart is how many threads have no registers.
 */
struct error *core_notes_make(const struct core_source *source,
			      const struct target_mapping *mappings, size_t mapping_count,
			      struct writer *notes, size_t *ret_apart) must_use;

#endif

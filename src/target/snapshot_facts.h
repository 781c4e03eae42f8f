/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_SNAPSHOT_FACTS_H
#define DOWSE_TARGET_SNAPSHOT_FACTS_H

#include "base/arena.h"
#include "base/vector.h"
#include "base/writer.h"
#include "target/descriptor_table.h"
#include "target/snapshot_format.h"
#include "target/target.h"

/*
 * The records of a snapshot that are not memory, written and read. A record stands within one
 * block; a section of many records is several blocks. Readers pass over what they do not know.
 */

/* Records are gathered and handed on a block at a time. */
struct snapshot_section {
	enum snapshot_kind kind;
	struct error *(*flush)(void *argument, enum snapshot_kind kind, const void *bytes,
			       size_t size)must_use;
	void *argument;
	struct writer bytes; /* into memory */
};

struct error *snapshot_section_text(struct snapshot_section *section, const char *name,
				    const char *value) must_use;
struct error *snapshot_section_number(struct snapshot_section *section, const char *name,
				      int64_t value) must_use;
struct error *snapshot_section_thread(struct snapshot_section *section,
				      const struct target_thread *thread) must_use;
struct error *snapshot_section_mapping(struct snapshot_section *section,
				       const struct target_mapping *mapping) must_use;
struct error *snapshot_section_descriptor(struct snapshot_section *section, int number,
					  const struct descriptor *descriptor) must_use;
struct error *snapshot_section_end(struct snapshot_section *section) must_use;
void snapshot_section_deinit(struct snapshot_section *section);

struct snapshot_fact {
	const char *name;
	const char *value;
};

struct snapshot_descriptor {
	int number;
	struct descriptor descriptor;
};

DEFINE_VECTOR(snapshot_fact_vector, struct snapshot_fact);
DEFINE_VECTOR(snapshot_thread_vector, struct target_thread);
DEFINE_VECTOR(snapshot_mapping_vector, struct target_mapping);
DEFINE_VECTOR(snapshot_descriptor_vector, struct snapshot_descriptor);

/* What was read; strings lie in the arena. All zeroes is empty. */
struct snapshot_records {
	struct arena arena;
	struct snapshot_fact_vector facts; /* a later one of a name counts */
	struct snapshot_thread_vector threads;
	struct snapshot_mapping_vector mappings; /* in rising order */
	struct snapshot_descriptor_vector descriptors;
};

/* The records of one block; `origin` is where it lies in the file, for errors. */
struct error *snapshot_records_read(struct snapshot_records *records, enum snapshot_kind kind,
				    const void *bytes, size_t size, const char *name,
				    uint64_t origin) must_use;
void snapshot_records_deinit(struct snapshot_records *records);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_KEEP_FACTS_H
#define DOWSE_CLI_KEEP_FACTS_H

#include "cli/evidence.h"
#include "report/info_report.h"
#include "target/snapshot_facts.h"

/*
 * What is known of a process beside its memory, by names that docs/snapshot.md lists: written into
 * a snapshot, and read back for `dowse info`.
 */
struct keep_facts {
	struct arena arena;
	struct snapshot_fact_vector list;
};

struct error *keep_facts_add(struct keep_facts *facts, const char *name, const char *value)
	must_use;
struct error *keep_facts_number(struct keep_facts *facts, const char *name, int64_t value) must_use;

/* All that a live process says. What cannot be learnt stays out. */
struct error *keep_facts_of_process(const struct evidence *evidence, struct keep_facts *ret)
	must_use;

/* What a file says of its process: a snapshot that is saved again, or a core. */
struct error *keep_facts_of_file(const struct evidence *evidence, struct keep_facts *ret) must_use;
void keep_facts_deinit(struct keep_facts *facts);

/* Read back. False where the snapshot does not say. */
bool keep_facts_memory(const struct target *snapshot, struct runtime_memory *ret);
void keep_facts_limits(const struct target *snapshot, struct info_limits *ret);

#endif

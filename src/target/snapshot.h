/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_SNAPSHOT_H
#define DOWSE_TARGET_SNAPSHOT_H

#include "target/target.h"

/*
 * A snapshot as a target: what was saved of a process's memory, with its threads, mappings and
 * descriptors, and what was known of it then. What was left out cannot be read. The file may be
 * hostile, cut short, or be cut while it is read: errors name file and offset.
 */
struct error *snapshot_open(int descriptor, const char *name, struct target **ret) must_use;

/* Do these first bytes of a file say that it is a snapshot? */
bool snapshot_is(const void *bytes, size_t size);

/* Is the target one? The calls below accept no other. */
bool snapshot_is_target(const struct target *target);

/* A fact by its name, as docs/snapshot.md lists them; NULL, or `otherwise`, where it is not known. */
const char *snapshot_text(const struct target *target, const char *name);
int64_t snapshot_number(const struct target *target, const char *name, int64_t otherwise);

/* Everything that it says of the process, in snapshot_facts.h's terms; it belongs to the target. */
struct snapshot_records;
const struct snapshot_records *snapshot_records(const struct target *target);

/*
 * What tells one file from another: the size of this one, when it was last written to (nanoseconds
 * since 1970), and a hash of all that it says but memory, and of where its memory lies.
 */
struct snapshot_identity {
	uint64_t size;
	uint64_t written_ns;
	uint64_t contents;
};

struct error *snapshot_identify(const struct target *target, struct snapshot_identity *ret)
	must_use;

/*
 * Why something is missing that was wanted, one line: NULL when all is there. A file that was cut,
 * or whose writing was broken off; or, once something in it was read, a damaged block.
 */
const char *snapshot_gap(const struct target *target);

#endif

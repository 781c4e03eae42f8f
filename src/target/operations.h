/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_OPERATIONS_H
#define DOWSE_TARGET_OPERATIONS_H

#include "target/target.h"

/*
 * What a kind of target does for the calls of target.h; for the kinds alone. A kind puts a
 * `struct target` first in its own structure. An operation that is NULL does nothing, which is
 * right for what is always stopped.
 */
struct target_operations {
	struct error *(*read_ranges)(struct target *target, struct target_range *ranges,
				     size_t count)must_use;
	struct error *(*mappings)(struct target *target, const struct target_mapping **ret,
				  size_t *ret_count)must_use;
	struct error *(*open_file)(struct target *target, const struct target_mapping *mapping,
				   int *ret)must_use;
	struct error *(*present)(struct target *target, uint64_t page, size_t count, bool *ret)
		must_use; /* NULL: all of them are */
	struct error *(*descriptor)(struct target *target, int number, struct descriptor *ret)
		must_use; /* NULL: none is known */
	const char *(*fact)(const struct target *target, const char *name); /* NULL: none */
	struct error *(*stop)(struct target *target)must_use;
	void (*release)(struct target *target, struct target_pause *ret_pause);
	const struct target_thread *(*threads)(const struct target *target, size_t *ret_count);
	pid_t (*pid)(const struct target *target);
	uint64_t (*now)(const struct target *target);
	void (*destroy)(struct target *target);
};

struct target {
	const struct target_operations *operations;
	char *name; /* for messages; owned by the kind */
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TEST_TARGET_PATIENCE_H
#define DOWSE_TEST_TARGET_PATIENCE_H

#include <string.h>

#include "target/process.h"

/* On a machine that has other work a stop may fail, in peace: that is no fault of it. */
#define PATIENCE 30

static const struct process_fork_options quick = { .reading_ns = 50000000 };

static inline must_use struct error *stop_patiently(struct target *target)
{
	for (unsigned i = 0;; i++) {
		struct error *error = target_stop(target);
		if (!error || i == PATIENCE || !strstr(error->message, "overloaded"))
			return error;
		error_destroy(error);
	}
}

static inline must_use struct error *fork_patiently(struct target *target, struct target **ret,
						    struct target_pause *ret_pause)
{
	for (unsigned i = 0;; i++) {
		struct error *error = process_fork(target, &quick, ret, ret_pause);
		if (!error || i == PATIENCE || !strstr(error->message, "overloaded"))
			return error;
		error_destroy(error);
	}
}

#endif

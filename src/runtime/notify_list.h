/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_NOTIFY_LIST_H
#define DOWSE_RUNTIME_NOTIFY_LIST_H

#include "runtime/waits.h"

/*
 * The sync.Cond that a goroutine waits on: wait->address and wait->others. What is found is the
 * notify list inside it. Nothing leads from the goroutine to the list except the words of the frames that
 * parked it; a word is believed only when it leads to a list in which this goroutine stands.
 * A list is walked once, for all who wait on it.
 */
struct error *notify_list_find(struct waits *waits, const struct captured_goroutine *captured,
			       const struct walk_step_vector *steps, struct wait *wait) must_use;

#endif

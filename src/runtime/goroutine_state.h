/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_GOROUTINE_STATE_H
#define DOWSE_RUNTIME_GOROUTINE_STATE_H

#include "runtime/capture.h"

/*
 * The runtime's table of wait reasons. They are renumbered in most releases, so the strings are
 * read from the program itself.
 */
struct wait_reasons {
	const char *text[64]; /* NULL where the table ends or a string could not be read */
};

/* Strings live in the arena. A table that cannot be found leaves all of them NULL. */
void wait_reasons_read(struct runtime *runtime, struct arena *arena, struct wait_reasons *ret);

/* State, reason, time and note of one goroutine, from its g. */
struct error *goroutine_state_decode(const struct runtime *runtime,
				     const struct wait_reasons *reasons,
				     const struct capture *capture, const uint8_t *g,
				     struct arena *arena, struct goroutine *goroutine) must_use;

#endif

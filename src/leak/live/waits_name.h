/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_WAITS_NAME_H
#define DOWSE_LEAK_LIVE_WAITS_NAME_H

#include "leak/live/live.h"

/*
 * What the program calls the one channel that a goroutine waits for, in the goroutine's own functions:
 * "results", "c.updates"; in the findings' arena. NULL where debug information does not tell.
 */
struct error *waits_name(const struct live_evidence *evidence, const struct goroutine *goroutine,
			 uint32_t root, struct findings *findings, const char **ret) must_use;

#endif

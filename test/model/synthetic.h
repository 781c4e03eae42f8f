/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TEST_MODEL_SYNTHETIC_H
#define DOWSE_TEST_MODEL_SYNTHETIC_H

#include "model/goroutine.h"

/*
 * Goroutines made up for a test. Ids count from 1; the state, frames and creator are what the
 * caller says. Every string is copied, so that equal ones have different addresses, as they may
 * have in evidence.
 */

/* The stack "main.f@f.go:3 runtime.gopark@!proc.go:1": innermost first, ! is hidden. */
const struct stack *synthetic_stack(struct goroutines *goroutines, const char *frames);

/* Appended; valid until the next one is. `creator` is one frame as above, or NULL. */
struct goroutine *synthetic_add(struct goroutines *goroutines, const char *state,
				const char *frames, const char *creator);

/* `count` of them. */
void synthetic_add_many(struct goroutines *goroutines, unsigned count, const char *state,
			const char *frames, const char *creator);

/* Let a goroutine wait for a channel. */
void synthetic_wait_channel(struct goroutines *goroutines, struct goroutine *goroutine,
			    uint64_t address, bool send);

/* Random numbers that are the same in every run. */
uint32_t synthetic_random(uint64_t *seed);

#endif

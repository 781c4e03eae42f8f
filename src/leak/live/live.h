/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_LIVE_H
#define DOWSE_LEAK_LIVE_LIVE_H

#include "leak/finding.h"
#include "model/goroutine.h"

/* Detectors that read the goroutines of a process (or of what became of one): one a file. */
struct live_evidence {
	struct goroutines *goroutines;
	const struct goroutine_group_vector *groups; /* of all but the runtime's own */
	struct place_rule places;
	bool guessed; /* the runtime's layout is another release's: nothing is proved by it */
};

/*
 * True when nothing can ever wake the goroutine, by what it waits for alone. Never of goroutine 1
 * (it ends with the program), of the runtime's own, and of those in a bubble of testing/synctest
 * (its end reports them itself).
 */
bool live_never_wakes(const struct goroutines *goroutines, const struct goroutine *goroutine);

/* L6, and L7 without cases. */
struct error *live_never_wakes_find(const struct live_evidence *evidence, struct findings *ret)
	must_use;

/* L17 */
struct error *live_many_goroutines_find(const struct live_evidence *evidence, struct findings *ret)
	must_use;

/* All of them. */
struct error *live_find(const struct live_evidence *evidence, struct findings *ret) must_use;

#endif

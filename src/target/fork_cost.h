/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_FORK_COST_H
#define DOWSE_TARGET_FORK_COST_H

#include "target/process.h"
#include "target/procfs.h"

/*
 * What a fork costs the process that is forked, in memory. The kernel charges it for the page
 * tables at once, and for a copy of each page that it writes to while the fork lives.
 */
struct fork_cost {
	uint64_t needed;  /* bytes that must be left before: page tables, and what is written to */
	uint64_t reserve; /* and so much all the time: what a burst takes until the fork is gone */
};

/* `write_rate` as headroom_write_rate() has it, `reading_ns` how long the fork is going to live. */
struct fork_cost fork_cost_of(const struct process_facts *facts, uint64_t write_rate,
			      uint64_t reading_ns);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "target/fork_cost.h"

#include "target/headroom.h"

#define COPY_NS_PER_MIB 15000u /* of page tables' worth; 10 to 25 ms a GiB measured */
#define FORK_NS         300000u
#define THREAD_NS       25000u
#define OVERHEAD        ((uint64_t)1 << 20) /* the fork's task and its mappings */
#define RESERVE_MIN     ((uint64_t)4 << 20)
#define REACTION_NS     25000000u            /* from a look at what is left to the fork's end */
#define RELEASE_RATE    ((uint64_t)16 << 30) /* bytes a second that this end frees */

uint64_t process_stop_estimate(unsigned threads)
{
	return 100000 + (uint64_t)threads * THREAD_NS;
}

uint64_t process_fork_estimate(uint64_t resident_anonymous, unsigned threads)
{
	return (resident_anonymous >> 20) * COPY_NS_PER_MIB + FORK_NS +
	       process_stop_estimate(threads);
}

uint64_t process_fork_bytes(uint64_t page_tables)
{
	return page_tables + page_tables / 4 + OVERHEAD;
}

/* The copies that writing at a rate for a time makes: never more than there is. */
static uint64_t written(uint64_t rate, uint64_t anonymous, uint64_t ns)
{
	double bytes = (double)rate * (double)ns / 1e9;
	return bytes < (double)anonymous ? (uint64_t)bytes : anonymous;
}

/* Who was idle a moment ago may begin to write: four times as much as now, one thread at least. */
static uint64_t burst_rate(unsigned threads, uint64_t rate)
{
	uint64_t processors = (uint64_t)MAX(sysconf(_SC_NPROCESSORS_ONLN), 1L);
	uint64_t most = MIN((uint64_t)MAX(threads, 1u), processors) * HEADROOM_COPY_RATE;
	return MIN(most, MAX(rate > UINT64_MAX / 4 ? rate : 4 * rate, HEADROOM_COPY_RATE));
}

struct fork_cost fork_cost_of(const struct process_facts *facts, uint64_t write_rate,
			      uint64_t reading_ns)
{
	uint64_t anonymous = facts->resident_anonymous;
	uint64_t end_ns = REACTION_NS + anonymous / (RELEASE_RATE / 1000000000u);
	uint64_t burst = burst_rate(facts->threads, write_rate);
	return (struct fork_cost){
		.needed = process_fork_bytes(facts->page_tables) +
			  written(write_rate, anonymous, reading_ns),
		.reserve = RESERVE_MIN + written(burst, anonymous, end_ns),
	};
}

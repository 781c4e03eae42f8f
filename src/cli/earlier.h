/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_EARLIER_H
#define DOWSE_CLI_EARLIER_H

#include "cli/look.h"
#include "leak/compare.h"

/*
 * What is looked at before what is judged: an earlier moment of the same process, which --over
 * makes and which a file may be, or another process of the same program.
 */
struct earlier {
	struct live_past *past; /* NULL: there is none */
	uint64_t pause_ns;      /* that it cost */
	uint64_t now_ns;        /* when it was; 0: the past knows how long ago */
	bool compared;          /* it was another process; the rest is about that */
	struct evidence evidence;
	struct findings findings; /* its own; when compared, those that have gone since */
	struct findings_work work;
	bool has_heap;
};

/* By the options; nothing, if they name none. `now` is what will be judged. */
struct error *earlier_take(struct invocation *invocation, struct evidence *now, struct earlier *ret)
	must_use;

/* Once that is judged: what changed from the other process to it. */
struct error *earlier_compare(struct earlier *earlier, struct look *now) must_use;
void earlier_deinit(struct earlier *earlier);

#endif

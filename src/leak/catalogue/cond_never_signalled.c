/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_cond_never_signalled = {
	.code = "L41",
	.name = "cond-never-signalled",
	.at_most = CERTAINTY_PROVED,
	.summary = "a goroutine waits for a sync.Cond that nobody can signal",
	.evidence =
		"What goroutines that can still run are able to reach is followed through the whole heap, from all\n"
		"variables, stacks, timers, finalizers and weak pointers. The sync.Cond\n"
		"is outside of that. What is held by a global variable, or by a goroutine that runs, is never\n"
		"reported by this rule.",
	.leaky =
		"func (q *Queue) next() Item {\n"
		"	q.mu.Lock()\n"
		"	defer q.mu.Unlock()\n"
		"	for len(q.items) == 0 && !q.closed {\n"
		"		q.filled.Wait() // for ever, once q is dropped without a Broadcast\n"
		"	}\n"
		"	return q.take()\n"
		"}\n",
	.fixed = "func (q *Queue) Close() {\n"
		 "	q.mu.Lock()\n"
		 "	q.closed = true\n"
		 "	q.mu.Unlock()\n"
		 "	q.filled.Broadcast()\n"
		 "}\n",
	.wrong =
		"Proved means that no execution of the program ends the wait. Code that hides pointers from the\n"
		"garbage collector (in a uintptr, in C memory without a handle) can break that, as it breaks the\n"
		"program.",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_select_never_ready = {
	.code = "L7",
	.name = "select-never-ready",
	.at_most = CERTAINTY_PROVED,
	.summary = "a goroutine waits in a select none of whose channels anybody can reach",
	.evidence =
		"What goroutines that can still run are able to reach is followed through the whole heap, from all\n"
		"variables, stacks, timers, finalizers and weak pointers. Every channel of the select\n"
		"is outside of that. Where somebody still holds the channel, code would have to use it: likely\n"
		"is what several wait for, each at its own channel or for a value, if no code of the program is\n"
		"left that does the other half with channels of that type.",
	.leaky =
		"func newWorker() *worker {\n"
		"	w := &worker{jobs: make(chan job), done: make(chan bool)}\n"
		"	go func() {\n"
		"		for {\n"
		"			select { // ends when somebody calls w.stop(), but w may be dropped without\n"
		"			case j := <-w.jobs:\n"
		"				j.run()\n"
		"			case <-w.done:\n"
		"				return\n"
		"			}\n"
		"		}\n"
		"	}()\n"
		"	return w\n"
		"}\n"
		"\n"
		"func once(j job) { newWorker().jobs <- j }\n",
	.fixed = "func once(j job) {\n"
		 "	w := newWorker()\n"
		 "	defer close(w.done)\n"
		 "	w.jobs <- j\n"
		 "}\n",
	.wrong =
		"Proved means that no execution of the program ends the wait. Code that hides pointers from the\n"
		"garbage collector (in a uintptr, in C memory without a handle) can break that, as it breaks the\n"
		"program.",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_range_without_close = {
	.code = "L2",
	.name = "range-without-close",
	.at_most = CERTAINTY_PROVED,
	.summary = "a goroutine ranges over a channel that nobody can close",
	.evidence =
		"What goroutines that can still run are able to reach is followed through the whole heap, from all\n"
		"variables, stacks, timers, finalizers and weak pointers. The channel\n"
		"is outside of that. Where somebody still holds the channel, code would have to use it: likely\n"
		"is what several wait for, each at its own channel or for a value, if no code of the program is\n"
		"left that does the other half with channels of that type.\n"
		"That the goroutine ranges is seen by the call that waits: it is the one that tells whether the\n"
		"channel was closed, which `v, ok := <-ch` uses as well.",
	.leaky =
		"func (s *Shop) export(orders []Order) {\n"
		"	lines := make(chan string)\n"
		"	go func() {\n"
		"		for line := range lines { // ends when somebody closes the channel: nobody does\n"
		"			s.write(line)\n"
		"		}\n"
		"	}()\n"
		"	for _, order := range orders {\n"
		"		lines <- order.String()\n"
		"	}\n"
		"}\n",
	.fixed = "func (s *Shop) export(orders []Order) {\n"
		 "	lines := make(chan string)\n"
		 "	defer close(lines)\n"
		 "	go func() {\n"
		 "		for line := range lines {\n"
		 "			s.write(line)\n"
		 "		}\n"
		 "	}()\n"
		 "	for _, order := range orders {\n"
		 "		lines <- order.String()\n"
		 "	}\n"
		 "}\n",
	.wrong =
		"Proved means that no execution of the program ends the wait. Code that hides pointers from the\n"
		"garbage collector (in a uintptr, in C memory without a handle) can break that, as it breaks the\n"
		"program.",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_send_to_full_channel = {
	.code = "L5",
	.name = "send-to-full-channel",
	.at_most = CERTAINTY_PROVED,
	.summary = "a goroutine sends on a full channel that nobody can empty",
	.evidence =
		"What goroutines that can still run are able to reach is followed through the whole heap, from all\n"
		"variables, stacks, timers, finalizers and weak pointers. The channel\n"
		"is outside of that. Where somebody still holds the channel, code would have to use it: likely\n"
		"is what several wait for, each at its own channel or for a value, if no code of the program is\n"
		"left that does the other half with channels of that type.\n"
		"It has a buffer, and that is full.",
	.leaky =
		"func (s *Shop) check(items []Item) error {\n"
		"	errs := make(chan error, 1)\n"
		"	for _, item := range items {\n"
		"		go func() { errs <- item.check() }() // one finds room, one is received: the others wait\n"
		"	}\n"
		"	return <-errs\n"
		"}\n",
	.fixed = "func (s *Shop) check(items []Item) error {\n"
		 "	errs := make(chan error, len(items))\n"
		 "	for _, item := range items {\n"
		 "		go func() { errs <- item.check() }()\n"
		 "	}\n"
		 "	return <-errs\n"
		 "}\n",
	.wrong =
		"Proved means that no execution of the program ends the wait. Code that hides pointers from the\n"
		"garbage collector (in a uintptr, in C memory without a handle) can break that, as it breaks the\n"
		"program.",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_send_without_receiver = {
	.code = "L3",
	.name = "send-without-receiver",
	.at_most = CERTAINTY_PROVED,
	.summary = "a goroutine sends on a channel that nobody can receive from",
	.evidence =
		"What goroutines that can still run are able to reach is followed through the whole heap, from all\n"
		"variables, stacks, timers, finalizers and weak pointers. The channel\n"
		"is outside of that. Where somebody still holds the channel, code would have to use it: likely\n"
		"is what several wait for, each at its own channel or for a value, if no code of the program is\n"
		"left that does the other half with channels of that type.\n"
		"It has no buffer, so that the send waits for a receiver.",
	.leaky =
		"func (s *Shop) price(item string) (int, error) {\n"
		"	result := make(chan int)\n"
		"	go func() { result <- s.ask(item) }() // waits for ever once the timeout was quicker\n"
		"	select {\n"
		"	case price := <-result:\n"
		"		return price, nil\n"
		"	case <-time.After(time.Second):\n"
		"		return 0, errors.New(\"too slow\")\n"
		"	}\n"
		"}\n",
	.fixed =
		"func (s *Shop) price(item string) (int, error) {\n"
		"	result := make(chan int, 1) // room for the answer, whether anybody waits or not\n"
		"	go func() { result <- s.ask(item) }()\n"
		"	select {\n"
		"	case price := <-result:\n"
		"		return price, nil\n"
		"	case <-time.After(time.Second):\n"
		"		return 0, errors.New(\"too slow\")\n"
		"	}\n"
		"}\n",
	.wrong =
		"Proved means that no execution of the program ends the wait. Code that hides pointers from the\n"
		"garbage collector (in a uintptr, in C memory without a handle) can break that, as it breaks the\n"
		"program.",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_receive_without_sender = {
	.code = "L1",
	.name = "receive-without-sender",
	.at_most = CERTAINTY_PROVED,
	.summary = "a goroutine receives from a channel that nobody can send to",
	.evidence =
		"What goroutines that can still run are able to reach is followed through the whole heap, from all\n"
		"variables, stacks, timers, finalizers and weak pointers. The channel\n"
		"is outside of that. Where somebody still holds the channel, code would have to use it: likely\n"
		"is what several wait for, each at its own channel or for a value, if no code of the program is\n"
		"left that does the other half with channels of that type.",
	.leaky = "func (c *Cart) total() (int, error) {\n"
		 "	result := make(chan int)\n"
		 "	go func() {\n"
		 "		price := <-result // total has returned: nobody is left to send\n"
		 "		c.log(price)\n"
		 "	}()\n"
		 "	return c.sum()\n"
		 "}\n",
	.fixed = "func (c *Cart) total(ctx context.Context) (int, error) {\n"
		 "	result := make(chan int, 1)\n"
		 "	go func() {\n"
		 "		select {\n"
		 "		case price := <-result:\n"
		 "			c.log(price)\n"
		 "		case <-ctx.Done():\n"
		 "		}\n"
		 "	}()\n"
		 "	sum, err := c.sum()\n"
		 "	result <- sum\n"
		 "	return sum, err\n"
		 "}\n",
	.wrong =
		"Proved means that no execution of the program ends the wait. Code that hides pointers from the\n"
		"garbage collector (in a uintptr, in C memory without a handle) can break that, as it breaks the\n"
		"program.",
};

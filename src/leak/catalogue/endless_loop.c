/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_endless_loop = {
	.code = "L9",
	.name = "endless-loop",
	.at_most = CERTAINTY_LIKELY,
	.summary =
		"goroutines are in a loop that nothing leaves, and there are more and more of them",
	.evidence =
		"Goroutines in a function of whose machine code no path leads from where they stand to its\n"
		"end, nor is one that panics there recovered from. From two looks (--over 30s) it is likely where more have come and none has ended; one\n"
		"look can only count them.",
	.leaky =
		"func (c *Cart) refresh() {\n"
		"	go func() {\n"
		"		for {\n"
		"			c.update()\n"
		"			time.Sleep(time.Second) // for as long as the program runs\n"
		"		}\n"
		"	}()\n"
		"}\n",
	.fixed = "func (c *Cart) refresh(ctx context.Context) {\n"
		 "	go func() {\n"
		 "		ticker := time.NewTicker(time.Second)\n"
		 "		defer ticker.Stop()\n"
		 "		for {\n"
		 "			select {\n"
		 "			case <-ctx.Done():\n"
		 "				return\n"
		 "			case <-ticker.C:\n"
		 "				c.update()\n"
		 "			}\n"
		 "		}\n"
		 "	}()\n"
		 "}\n",
	.wrong =
		"Loops that live as long as the program have no way out either, and all of them may be started\n"
		"while dowse looks. Look again later.",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_endless_loop = {
	.code = "L9",
	.name = "endless-loop",
	.at_most = CERTAINTY_LIKELY,
	.summary = "goroutines sleep or spin in a loop and never end, and there are more of them",
	.evidence =
		"Two looks (--over 30s): goroutines that one go statement started, that sleep or run in the\n"
		"same function at both, none of which has ended between them, while others were added.",
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
		"Work that takes longer than the time between the two looks, of which more is begun, looks\n"
		"the same. A longer time tells.",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_job_without_stop = {
	.code = "L40",
	.name = "job-without-stop",
	.at_most = CERTAINTY_LIKELY,
	.summary = "background goroutines go on after what they work for is gone",
	.evidence =
		"Goroutines of one go statement that wait for a ticker, and for nothing else that anybody could\n"
		"send or close, while nothing but the goroutine itself leads to the object that it works on: its\n"
		"owner is gone. From 10 on, and more than two for each processor, if one came after another, or 32;\n"
		"from 3 on a suspicion. One\n"
		"alone is a service of the program, and not reported.",
	.leaky =
		"func NewCache() *Cache {\n"
		"	c := &Cache{ticker: time.NewTicker(time.Minute)}\n"
		"	go c.janitor() // caches come and go, their janitors stay, and the caches with them\n"
		"	return c\n"
		"}\n"
		"\n"
		"func (c *Cache) janitor() {\n"
		"	for range c.ticker.C {\n"
		"		c.sweep()\n"
		"	}\n"
		"}\n",
	.fixed = "func (c *Cache) janitor() {\n"
		 "	defer c.ticker.Stop()\n"
		 "	for {\n"
		 "		select {\n"
		 "		case <-c.ticker.C:\n"
		 "			c.sweep()\n"
		 "		case <-c.done: // closed by c.Close()\n"
		 "			return\n"
		 "		}\n"
		 "	}\n"
		 "}\n",
	.wrong =
		"Workers that are started once and keep all they need to themselves look the same: their number\n"
		"does not change.",
};

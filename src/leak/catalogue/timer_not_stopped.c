/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_timer_not_stopped = {
	.code = "L31",
	.name = "timer-not-stopped",
	.at_most = CERTAINTY_PROVED,
	.summary = "tickers or timers go on though nobody needs them",
	.evidence =
		"Every processor has a list of the timers that are going to fire. A ticker in it, which neither\n"
		"the program nor a goroutine that waits for it can reach, was dropped without Stop: it ticks\n"
		"until the program ends. At least 100 timers of that kind that fire once, the last of them in a\n"
		"minute or more, are what time.After leaves behind in a loop. At least 10 pending calls of one\n"
		"function that sets its own timer again, and that nothing else leads to, go on for ever. At\n"
		"least 1,000 pending calls of time.AfterFunc that are due in ten minutes or more are a suspicion.\n"
		"From Go 1.23 on, by the go line of the main module, tickers and timers that nobody reaches are\n"
		"collected without Stop: there is nothing to find then.",
	.leaky = "func (u *Upload) progress() int {\n"
		 "	ticker := time.NewTicker(time.Second)\n"
		 "	for part := range u.parts {\n"
		 "		select {\n"
		 "		case <-ticker.C:\n"
		 "			u.show()\n"
		 "		default:\n"
		 "			u.send(part)\n"
		 "		}\n"
		 "	}\n"
		 "	return u.sent // the ticker ticks on\n"
		 "}\n",
	.fixed = "func (u *Upload) progress() int {\n"
		 "	ticker := time.NewTicker(time.Second)\n"
		 "	defer ticker.Stop()\n"
		 "	...\n",
	.wrong =
		"Timers that fire once go away by themselves, and calls of time.AfterFunc are often meant to\n"
		"come late: the question is how many there are at a time. What is held on purpose, to tick for\n"
		"as long as the program runs, is reached by it and not reported.",
};

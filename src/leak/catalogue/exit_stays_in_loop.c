/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_exit_stays_in_loop = {
	.code = "L8",
	.name = "exit-stays-in-loop",
	.at_most = CERTAINTY_LIKELY,
	.summary = "goroutines are in a loop around a select, and no case leaves it",
	.evidence =
		"Goroutines that stand in a select, in a function of whose machine code no path leads from\n"
		"there to its end: whatever the cases do, they stay in the loop. From two looks (--over 30s)\n"
		"it is likely where more have come and none has ended; one look can only count them.\n"
		"One that runs in such a loop, which has a closed channel at hand, is told by one look as well: a\n"
		"case that receives from that is ready each time round.",
	.leaky = "for {\n"
		 "	select {\n"
		 "	case <-done:\n"
		 "		break // leaves the select, not the loop\n"
		 "	case job := <-jobs:\n"
		 "		run(job)\n"
		 "	}\n"
		 "}\n",
	.fixed = "for {\n"
		 "	select {\n"
		 "	case <-done:\n"
		 "		return\n"
		 "	case job := <-jobs:\n"
		 "		run(job)\n"
		 "	}\n"
		 "}\n",
	.wrong =
		"A loop that is meant to live as long as the program has no way out either. There is a fixed\n"
		"number of those.",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_exit_stays_in_loop = {
	.code = "L8",
	.name = "exit-stays-in-loop",
	.at_most = CERTAINTY_LIKELY,
	.summary = "a loop around a select spins: its exit case does not leave the loop",
	.evidence =
		"Two looks (--over 30s): the same goroutines run in the same select at both, when a loop\n"
		"around a select should wait most of the time. A case of a closed channel is always ready,\n"
		"and a break in it leaves the select only.",
	.leaky = "for {\n"
		 "	select {\n"
		 "	case <-done:\n"
		 "		break // leaves the select, not the loop: it spins from now on\n"
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
		"A loop that is fed faster than it works is seen running as well. Its processor time then\n"
		"goes down with the load; that of a leaked one does not.",
};

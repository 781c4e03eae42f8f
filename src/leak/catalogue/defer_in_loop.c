/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_defer_in_loop = {
	.code = "L34",
	.name = "defer-in-loop",
	.at_most = CERTAINTY_LIKELY,
	.summary = "a defer statement in a loop piles up calls until its function returns",
	.evidence =
		"Every goroutine has a chain of the calls that it has deferred. At least 100 of them (32: a\n"
		"suspicion) come from one statement, in one and the same call of its function: so the statement\n"
		"stands in a loop. A function that calls itself has one of its own in each call, and is not\n"
		"reported.",
	.leaky =
		"func sums(paths []string) error {\n"
		"	for _, path := range paths {\n"
		"		file, err := os.Open(path)\n"
		"		if err != nil {\n"
		"			return err\n"
		"		}\n"
		"		defer file.Close() // all stay open until the last one has been read\n"
		"		add(file)\n"
		"	}\n"
		"	return nil\n"
		"}\n",
	.fixed = "	for _, path := range paths {\n"
		 "		err := func() error {\n"
		 "			file, err := os.Open(path)\n"
		 "			if err != nil {\n"
		 "				return err\n"
		 "			}\n"
		 "			defer file.Close()\n"
		 "			return add(file)\n"
		 "		}()\n"
		 "		...\n",
	.wrong =
		"Where all that the loop opens must stay open until the end, the chain is as long as the work\n"
		"is: then it is a matter of how long that can become.",
};

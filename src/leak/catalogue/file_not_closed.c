/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_file_not_closed = {
	.code = "L32",
	.name = "file-not-closed",
	.at_most = CERTAINTY_LIKELY,
	.summary = "files stay open because nobody closes them",
	.evidence =
		"Every os.File that is open, and what leads to it. At least 50 (10: a suspicion) that nothing\n"
		"leads to were dropped without Close; their finalizers close them some time. Of those that are\n"
		"held: 32 or more by way of one holder, at least half of them one and the same file, or half of\n"
		"the descriptors that the process may have. A hundred different files are a suspicion.",
	.leaky =
		"func size(path string) (int64, error) {\n"
		"	file, err := os.Open(path)\n"
		"	if err != nil {\n"
		"		return 0, err\n"
		"	}\n"
		"	info, err := file.Stat()\n"
		"	return info.Size(), err // and file stays open until the collector comes by\n"
		"}\n",
	.fixed = "	file, err := os.Open(path)\n"
		 "	if err != nil {\n"
		 "		return 0, err\n"
		 "	}\n"
		 "	defer file.Close()\n",
	.wrong =
		"A program may need many files at a time, or one many times with a position of its own in each.\n"
		"What was dropped is closed by the next collection that finds it: where collections are frequent\n"
		"that is a matter of tidiness.",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_substring_pins_string = {
	.code = "L25",
	.name = "substring-pins-string",
	.at_most = CERTAINTY_LIKELY,
	.summary = "short strings keep long ones alive",
	.evidence =
		"All strings and slices that point into the bytes of a string are put together: they have less\n"
		"than half of it. Likely from 1 MiB and a tenth of what is alive.",
	.leaky = "func (l *Log) add(line string) {\n"
		 "	user, _, _ := strings.Cut(line, \" \")\n"
		 "	l.users[user]++ // the key keeps the whole line\n"
		 "}\n",
	.fixed = "func (l *Log) add(line string) {\n"
		 "	user, _, _ := strings.Cut(line, \" \")\n"
		 "	if _, ok := l.users[user]; !ok {\n"
		 "		user = strings.Clone(user)\n"
		 "	}\n"
		 "	l.users[user]++\n"
		 "}\n",
	.wrong =
		"The waste is real; whether copies are worth their time where strings live briefly is yours to\n"
		"say.",
};

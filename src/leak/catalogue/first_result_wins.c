/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_first_result_wins = {
	.code = "L4",
	.name = "first-result-wins",
	.at_most = CERTAINTY_PROVED,
	.summary =
		"several goroutines send on one channel, and the receiver took the first value alone",
	.evidence =
		"What goroutines that can still run are able to reach is followed through the whole heap, from all\n"
		"variables, stacks, timers, finalizers and weak pointers. The channel\n"
		"is outside of that. Where somebody still holds the channel, code would have to use it: likely\n"
		"is what several wait for, each at its own channel or for a value, if no code of the program is\n"
		"left that does the other half with channels of that type.\n"
		"Several goroutines that one go statement started wait to send on it.",
	.leaky =
		"func (s *Shop) fastest(servers []string) Answer {\n"
		"	answers := make(chan Answer)\n"
		"	for _, server := range servers {\n"
		"		go func() { answers <- s.query(server) }() // all but one wait for ever\n"
		"	}\n"
		"	return <-answers\n"
		"}\n",
	.fixed = "func (s *Shop) fastest(servers []string) Answer {\n"
		 "	answers := make(chan Answer, len(servers)) // room for every sender\n"
		 "	for _, server := range servers {\n"
		 "		go func() { answers <- s.query(server) }()\n"
		 "	}\n"
		 "	return <-answers\n"
		 "}\n",
	.wrong =
		"Proved means that no execution of the program ends the wait. Code that hides pointers from the\n"
		"garbage collector (in a uintptr, in C memory without a handle) can break that, as it breaks the\n"
		"program.",
};

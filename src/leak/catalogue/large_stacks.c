/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_large_stacks = {
	.code = "L37",
	.name = "large-stacks",
	.at_most = CERTAINTY_LIKELY,
	.summary = "goroutines have stacks far larger than the others', for large arrays",
	.evidence =
		"The sizes of all goroutines' stacks. Those that take 64 KiB or more and 16 times the median,\n"
		"8 MiB together, where one function's frame or arguments take 64 KiB: that is an array handed on\n"
		"by value. Stacks that are merely deep are a suspicion from 64 MiB together on.",
	.leaky = "type Picture [262144]byte\n"
		 "\n"
		 "func (o *Order) print(p Picture) { // a copy for each call\n"
		 "	o.send(p)                  // and another one\n"
		 "	<-o.done                   // while this waits, both are on its stack\n"
		 "}\n",
	.fixed = "func (o *Order) print(p *Picture) {\n"
		 "	o.send(p)\n"
		 "	<-o.done\n"
		 "}\n",
	.wrong =
		"A few goroutines that need their stacks for work that is going on are no trouble: what counts\n"
		"is how many there can be at a time.",
};

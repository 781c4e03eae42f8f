/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_large_stacks = {
	.code = "L37",
	.name = "large-stacks",
	.at_most = CERTAINTY_LIKELY,
	.summary = "goroutines have stacks far larger than the others', for large arrays",
	.evidence =
		"The sizes of all goroutines' stacks. Those that take 64 KiB or more and 16 times the median,\n"
		"where one function is handed 64 KiB or more by value: 4 MiB together. Where the variables of\n"
		"one function take so much it is 64 MiB, and so for stacks that are merely deep, which are a\n"
		"suspicion.",
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

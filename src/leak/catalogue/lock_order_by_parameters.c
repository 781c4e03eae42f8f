/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_lock_order_by_parameters = {
	.code = "L16",
	.name = "lock-order-by-parameters",
	.at_most = CERTAINTY_PROVED,
	.summary = "one function locks two parameters, and is called with them both ways round",
	.evidence =
		"Go's locks do not note who holds them. The holder is found by the frames of the goroutines: the\n"
		"machine code of the functions that they stand in is followed from its beginning to that place, with\n"
		"every Lock and Unlock on the way, inlined or not; and by deferred calls of Unlock. The lock's own\n"
		"words must agree. All\n"
		"goroutines of the cycle stand at one line of one function, and took what they hold at one line.",
	.leaky = "func transfer(from, to *Account, n int) {\n"
		 "	from.mu.Lock()\n"
		 "	defer from.mu.Unlock()\n"
		 "	to.mu.Lock() // transfer(a, b) and transfer(b, a) wait for each other\n"
		 "	defer to.mu.Unlock()\n"
		 "	from.balance -= n\n"
		 "	to.balance += n\n"
		 "}\n",
	.fixed = "func transfer(from, to *Account, n int) {\n"
		 "	first, second := from, to\n"
		 "	if second.id < first.id {\n"
		 "		first, second = second, first\n"
		 "	}\n"
		 "	first.mu.Lock()\n"
		 "	defer first.mu.Unlock()\n"
		 "	second.mu.Lock()\n"
		 "	defer second.mu.Unlock()\n"
		 "	from.balance -= n\n"
		 "	to.balance += n\n"
		 "}\n",
	.wrong =
		"Any goroutine may unlock a lock, also one that did not lock it. So a cycle of locks that somebody\n"
		"else can still reach is likely and never proved; it is no leak if that one comes and unlocks.",
};

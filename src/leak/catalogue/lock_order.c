/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_lock_order = {
	.code = "L15",
	.name = "lock-order",
	.at_most = CERTAINTY_PROVED,
	.summary = "goroutines wait for each other's locks, which they took in different orders",
	.evidence =
		"Go's locks do not note who holds them. The holder is found by the frames of the goroutines: the\n"
		"machine code of the functions that they stand in is followed from its beginning to that place, with\n"
		"every Lock and Unlock on the way, inlined or not; and by deferred calls of Unlock. The lock's own\n"
		"words must agree. A\n"
		"cycle of goroutines each of which waits for a lock that the next one holds never ends by itself.\n"
		"Who waits for one of them from outside is counted as a victim.",
	.leaky = "func (b *Bank) transfer(n int) {\n"
		 "	b.accounts.Lock()\n"
		 "	defer b.accounts.Unlock()\n"
		 "	b.audit.Lock() // report holds it, and waits for accounts\n"
		 "	defer b.audit.Unlock()\n"
		 "	b.move(n)\n"
		 "}\n"
		 "\n"
		 "func (b *Bank) report() {\n"
		 "	b.audit.Lock()\n"
		 "	defer b.audit.Unlock()\n"
		 "	b.accounts.Lock()\n"
		 "	defer b.accounts.Unlock()\n"
		 "	b.print()\n"
		 "}\n",
	.fixed = "// Everybody locks accounts before audit.\n"
		 "func (b *Bank) report() {\n"
		 "	b.accounts.Lock()\n"
		 "	defer b.accounts.Unlock()\n"
		 "	b.audit.Lock()\n"
		 "	defer b.audit.Unlock()\n"
		 "	b.print()\n"
		 "}\n",
	.wrong =
		"Any goroutine may unlock a lock, also one that did not lock it. So a cycle of locks that somebody\n"
		"else can still reach is likely and never proved; it is no leak if that one comes and unlocks.",
};

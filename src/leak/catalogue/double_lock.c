/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_double_lock = {
	.code = "L13",
	.name = "double-lock",
	.at_most = CERTAINTY_PROVED,
	.summary = "a goroutine locks a lock that it holds already",
	.evidence =
		"Go's locks do not note who holds them. The holder is found by the frames of the goroutines: the\n"
		"machine code of the functions that they stand in is followed from its beginning to that place, with\n"
		"every Lock and Unlock on the way, inlined or not; and by deferred calls of Unlock. The lock's own\n"
		"words must agree. Here the goroutine\n"
		"waits for a lock that one of its own frames holds, also an RWMutex that it reads and wants to write.",
	.leaky = "func (c *Cart) Total() int {\n"
		 "	c.mu.Lock()\n"
		 "	defer c.mu.Unlock()\n"
		 "	return c.sum() + c.Shipping()\n"
		 "}\n"
		 "\n"
		 "func (c *Cart) Shipping() int {\n"
		 "	c.mu.Lock() // Total holds it: waits for itself\n"
		 "	defer c.mu.Unlock()\n"
		 "	return c.weight * rate\n"
		 "}\n",
	.fixed = "func (c *Cart) Total() int {\n"
		 "	c.mu.Lock()\n"
		 "	defer c.mu.Unlock()\n"
		 "	return c.sum() + c.shipping()\n"
		 "}\n"
		 "\n"
		 "func (c *Cart) Shipping() int {\n"
		 "	c.mu.Lock()\n"
		 "	defer c.mu.Unlock()\n"
		 "	return c.shipping()\n"
		 "}\n"
		 "\n"
		 "// shipping is called with c.mu held.\n"
		 "func (c *Cart) shipping() int { return c.weight * rate }\n",
	.wrong =
		"Any goroutine may unlock a lock, also one that did not lock it. So a cycle of locks that somebody\n"
		"else can still reach is likely and never proved; it is no leak if that one comes and unlocks.",
};

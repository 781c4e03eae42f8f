/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_nil_channel = {
	.code = "L6",
	.name = "nil-channel",
	.at_most = CERTAINTY_PROVED,
	.summary = "a goroutine sends to or receives from a nil channel",
	.evidence =
		"The runtime notes with every parked goroutine why it waits; for a nil channel it has reasons\n"
		"of their own. Nobody else can reach a nil channel, so nothing can ever wake the goroutine.",
	.leaky =
		"type Cart struct{ updates chan Update }\n"
		"\n"
		"func (c *Cart) watch() {\n"
		"	go func() {\n"
		"		for u := range c.updates { // nobody has made the channel: waits for ever\n"
		"			c.apply(u)\n"
		"		}\n"
		"	}()\n"
		"}\n",
	.fixed = "func NewCart() *Cart { return &Cart{updates: make(chan Update)} }\n"
		 "\n"
		 "// and close(c.updates) where the cart is dropped, so that the loop ends\n",
	.wrong =
		"Somebody may park a goroutine on a nil channel on purpose, to keep a thread or a stack. It\n"
		"is still true that it never ends.",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_leaked_goroutine_holds_memory = {
	.code = "L18",
	.name = "leaked-goroutine-holds-memory",
	.at_most = CERTAINTY_PROVED,
	.summary = "a goroutine that never ends holds memory",
	.evidence =
		"Of goroutines that nobody can wake: the bytes of their stacks, and of the objects that nobody but\n"
		"they can reach. The finding is that about the goroutines; it names this rule beside its own when\n"
		"they hold more than their stacks.",
	.leaky =
		"func (s *Shop) price(item string, catalogue []byte) int {\n"
		"	result := make(chan int)\n"
		"	go func() { result <- search(catalogue, item) }() // keeps the catalogue, too\n"
		"	select {\n"
		"	case price := <-result:\n"
		"		return price\n"
		"	case <-time.After(time.Second):\n"
		"		return -1\n"
		"	}\n"
		"}\n",
	.fixed = "func (s *Shop) price(item string, catalogue []byte) int {\n"
		 "	result := make(chan int, 1)\n"
		 "	go func() { result <- search(catalogue, item) }()\n"
		 "	select {\n"
		 "	case price := <-result:\n"
		 "		return price\n"
		 "	case <-time.After(time.Second):\n"
		 "		return -1\n"
		 "	}\n"
		 "}\n",
	.wrong =
		"It is as sure as the finding about the goroutine that it stands with. What several such findings\n"
		"hold together is counted in none of them.",
};

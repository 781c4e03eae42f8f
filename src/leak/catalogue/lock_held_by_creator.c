/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_lock_held_by_creator = {
	.code = "L14",
	.name = "lock-held-by-creator",
	.at_most = CERTAINTY_PROVED,
	.summary = "a goroutine holds a lock and waits for another one that needs it",
	.evidence =
		"Go's locks do not note who holds them. The holder is found by the frames of the goroutines: the\n"
		"machine code of the functions that they stand in is followed from its beginning to that place, with\n"
		"every Lock and Unlock on the way, inlined or not; and by deferred calls of Unlock. The lock's own\n"
		"words must agree. The\n"
		"goroutine that holds the lock waits for a WaitGroup or a channel, and those that are to call Done,\n"
		"to send, receive or close wait for its lock.",
	.leaky = "func (s *Shop) refresh() {\n"
		 "	s.mu.Lock()\n"
		 "	defer s.mu.Unlock()\n"
		 "	var group sync.WaitGroup\n"
		 "	for _, item := range s.items {\n"
		 "		group.Add(1)\n"
		 "		go func() {\n"
		 "			defer group.Done()\n"
		 "			price := fetch(item)\n"
		 "			s.mu.Lock() // refresh holds it until all are done\n"
		 "			s.prices[item] = price\n"
		 "			s.mu.Unlock()\n"
		 "		}()\n"
		 "	}\n"
		 "	group.Wait()\n"
		 "}\n",
	.fixed = "func (s *Shop) refresh() {\n"
		 "	s.mu.Lock()\n"
		 "	items := slices.Clone(s.items)\n"
		 "	s.mu.Unlock()\n"
		 "	var group sync.WaitGroup\n"
		 "	for _, item := range items {\n"
		 "		group.Add(1)\n"
		 "		go func() {\n"
		 "			defer group.Done()\n"
		 "			price := fetch(item)\n"
		 "			s.mu.Lock()\n"
		 "			s.prices[item] = price\n"
		 "			s.mu.Unlock()\n"
		 "		}()\n"
		 "	}\n"
		 "	group.Wait()\n"
		 "}\n",
	.wrong =
		"Any goroutine may unlock a lock, also one that did not lock it. So a cycle of locks that somebody\n"
		"else can still reach is likely and never proved; it is no leak if that one comes and unlocks.",
};

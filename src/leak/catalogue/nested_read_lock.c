/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_nested_read_lock = {
	.code = "L42",
	.name = "nested-read-lock",
	.at_most = CERTAINTY_PROVED,
	.summary = "a goroutine read-locks an RWMutex twice, and a writer came in between",
	.evidence =
		"Go's locks do not note who holds them. The holder is found by the frames of the goroutines: the\n"
		"machine code of the functions that they stand in is followed from its beginning to that place, with\n"
		"every Lock and Unlock on the way, inlined or not; and by deferred calls of Unlock. The lock's own\n"
		"words must agree. The\n"
		"reader waits behind a writer that waits for readers, and is one of them.",
	.leaky = "func (s *Shop) Report() string {\n"
		 "	s.mu.RLock()\n"
		 "	defer s.mu.RUnlock()\n"
		 "	return s.header() + s.Stock()\n"
		 "}\n"
		 "\n"
		 "func (s *Shop) Stock() string {\n"
		 "	s.mu.RLock() // behind a writer that waits for Report's RUnlock\n"
		 "	defer s.mu.RUnlock()\n"
		 "	return s.list()\n"
		 "}\n",
	.fixed = "func (s *Shop) Report() string {\n"
		 "	s.mu.RLock()\n"
		 "	defer s.mu.RUnlock()\n"
		 "	return s.header() + s.list() // what needs no lock of its own\n"
		 "}\n",
	.wrong =
		"Any goroutine may unlock a lock, also one that did not lock it. So a cycle of locks that somebody\n"
		"else can still reach is likely and never proved; it is no leak if that one comes and unlocks.",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_lock_never_released = {
	.code = "L12",
	.name = "lock-never-released",
	.at_most = CERTAINTY_PROVED,
	.summary = "goroutines wait for a lock that nobody releases",
	.evidence =
		"What goroutines that can still run are able to reach is followed through the whole heap, from all\n"
		"variables, stacks, timers, finalizers and weak pointers. The lock\n"
		"is outside of that. What is held by a global variable, or by a goroutine that runs, is never\n"
		"reported by this rule.",
	.leaky =
		"func (s *Shop) sell(item string) error {\n"
		"	s.mu.Lock()\n"
		"	if s.stock[item] == 0 {\n"
		"		return errSoldOut // the lock stays taken: all who come later wait for ever\n"
		"	}\n"
		"	s.stock[item]--\n"
		"	s.mu.Unlock()\n"
		"	return nil\n"
		"}\n",
	.fixed = "func (s *Shop) sell(item string) error {\n"
		 "	s.mu.Lock()\n"
		 "	defer s.mu.Unlock()\n"
		 "	if s.stock[item] == 0 {\n"
		 "		return errSoldOut\n"
		 "	}\n"
		 "	s.stock[item]--\n"
		 "	return nil\n"
		 "}\n",
	.wrong =
		"Proved means that no execution of the program ends the wait. Code that hides pointers from the\n"
		"garbage collector (in a uintptr, in C memory without a handle) can break that, as it breaks the\n"
		"program.",
};

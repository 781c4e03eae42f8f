/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_lock_never_released = {
	.code = "L12",
	.name = "lock-never-released",
	.at_most = CERTAINTY_PROVED,
	.summary = "goroutines wait for a lock that nobody releases",
	.evidence =
		"Proved: nobody who can still run is able to reach the lock, through the whole heap, from all\n"
		"variables, stacks, timers, finalizers and weak pointers.\n"
		"Likely: the lock is taken and can be reached, but its holder, found by the code of the functions\n"
		"that goroutines stand in, can never be woken; or no goroutine that goes on may release it, by\n"
		"what its functions can still come to and what its stack leads to, and others have waited for 10 s\n"
		"or two collections. A holder that is merely slow is never reported.",
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
		"What is likely is wrong where somebody comes later and unlocks: any goroutine may. Code that hides\n"
		"pointers from the garbage collector (in a uintptr, in C memory without a handle) can break a proof,\n"
		"as it breaks the program.",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_waitgroup_never_done = {
	.code = "L39",
	.name = "waitgroup-never-done",
	.at_most = CERTAINTY_PROVED,
	.summary = "a goroutine waits for a WaitGroup whose counter nobody can bring to zero",
	.evidence =
		"What goroutines that can still run are able to reach is followed through the whole heap, from all\n"
		"variables, stacks, timers, finalizers and weak pointers. The WaitGroup\n"
		"is outside of that. What is held by a global variable, or by a goroutine that runs, is never\n"
		"reported by this rule.",
	.leaky = "func (s *Shop) load(files []string) {\n"
		 "	var group sync.WaitGroup\n"
		 "	group.Add(len(files))\n"
		 "	for _, file := range files {\n"
		 "		go func() {\n"
		 "			if s.read(file) != nil {\n"
		 "				return // without Done: Wait never returns\n"
		 "			}\n"
		 "			group.Done()\n"
		 "		}()\n"
		 "	}\n"
		 "	group.Wait()\n"
		 "}\n",
	.fixed = "func (s *Shop) load(files []string) {\n"
		 "	var group sync.WaitGroup\n"
		 "	group.Add(len(files))\n"
		 "	for _, file := range files {\n"
		 "		go func() {\n"
		 "			defer group.Done()\n"
		 "			s.read(file)\n"
		 "		}()\n"
		 "	}\n"
		 "	group.Wait()\n"
		 "}\n",
	.wrong =
		"Proved means that no execution of the program ends the wait. Code that hides pointers from the\n"
		"garbage collector (in a uintptr, in C memory without a handle) can break that, as it breaks the\n"
		"program.",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_context_ignored = {
	.code = "L10",
	.name = "context-ignored",
	.at_most = CERTAINTY_PROVED,
	.summary = "a goroutine waits on, though its context is cancelled",
	.evidence =
		"A goroutine has waited at a channel for 10 s, or for two collections, and every context that\n"
		"it holds is cancelled: in variables of the program's own functions, or in what these point\n"
		"to. That much is likely, since somebody may still wake it. Where nobody can, another rule\n"
		"says so, and names this one beside its own.",
	.leaky =
		"func (s *Shop) fetch(ctx context.Context, pages chan Page) {\n"
		"	for {\n"
		"		page := <-pages // notices that ctx is cancelled when the next page comes\n"
		"		if ctx.Err() != nil {\n"
		"			return\n"
		"		}\n"
		"		s.store(page)\n"
		"	}\n"
		"}\n",
	.fixed = "func (s *Shop) fetch(ctx context.Context, pages chan Page) {\n"
		 "	for {\n"
		 "		select {\n"
		 "		case page := <-pages:\n"
		 "			s.store(page)\n"
		 "		case <-ctx.Done():\n"
		 "			return\n"
		 "		}\n"
		 "	}\n"
		 "}\n",
	.wrong =
		"A goroutine that waits on purpose after its context has ended, for others to finish, looks\n"
		"the same; so does one that keeps the context of work that it has done.",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_cancel_never_called = {
	.code = "L11",
	.name = "cancel-never-called",
	.at_most = CERTAINTY_LIKELY,
	.summary = "contexts stay with their parent because nobody cancels them",
	.evidence =
		"A context that can be cancelled is in its parent's list of children, and one with a timeout has a\n"
		"timer. At least 100 of one parent that nothing else in the program leads to, neither a goroutine\n"
		"nor the function that cancels them, are reported; 20 are a suspicion. With a timeout, only while\n"
		"the last of them has a minute left.",
	.leaky =
		"func (s *Server) handle(r *Request) error {\n"
		"	ctx, _ := context.WithCancel(s.ctx) // stays in s.ctx for as long as the server runs\n"
		"	return s.work(ctx, r)\n"
		"}\n",
	.fixed = "func (s *Server) handle(r *Request) error {\n"
		 "	ctx, cancel := context.WithCancel(s.ctx)\n"
		 "	defer cancel()\n"
		 "	return s.work(ctx, r)\n"
		 "}\n",
	.wrong =
		"Contexts that are meant to end with their parent and not before, one for each of a fixed number\n"
		"of parts, look the same: their number stays what it is.",
};

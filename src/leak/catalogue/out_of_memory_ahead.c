/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_out_of_memory_ahead = {
	.code = "L38",
	.name = "out-of-memory-ahead",
	.at_most = CERTAINTY_LIKELY,
	.summary = "what is alive comes near to the memory that there may be",
	.evidence =
		"What the last collection found in use, against the runtime's own limit (GOMEMLIMIT: nine tenths\n"
		"of it, with what Go needs besides; three quarters are a suspicion), and against the control\n"
		"group's, which must have room for what the heap grows to before it is collected (twice what is\n"
		"alive, with GOGC=100). Garbage does not count.",
	.leaky = "var documents []*Document // all of them, for ever\n"
		 "\n"
		 "func load(r io.Reader) {\n"
		 "	documents = append(documents, parse(r))\n"
		 "}\n",
	.fixed =
		"var documents = lru.New[string, *Document](1000) // or read them again when they are asked for\n",
	.wrong =
		"A program that has been given just the memory that it needs, and keeps its size, goes on like\n"
		"that. It has no room for a busy hour.",
};

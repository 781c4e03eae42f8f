/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_growing_site = {
	.code = "L26",
	.name = "growing-site",
	.at_most = CERTAINTY_LIKELY,
	.summary = "what was allocated at one place only grows",
	.evidence =
		"Two heap profiles of one program (dowse BEFORE AFTER): what was allocated at a place and is in\n"
		"use grew by more than chance explains, by 1 MiB and a tenth at least. Likely when the place\n"
		"had memory in use before, that grew by a quarter, and nine tenths of what it allocated since\n"
		"are still in use. Of one profile a suspicion: a place that has freed next to nothing.",
	.leaky = "var sessions = map[string]*Session{}\n"
		 "\n"
		 "func open(id string) *Session {\n"
		 "	session := &Session{buffer: make([]byte, 4096)}\n"
		 "	sessions[id] = session // nobody deletes it\n"
		 "	return session\n"
		 "}\n",
	.fixed = "func open(id string) *Session {\n"
		 "	session := &Session{buffer: make([]byte, 4096)}\n"
		 "	sessions[id] = session\n"
		 "	return session\n"
		 "}\n"
		 "\n"
		 "func close(id string) { delete(sessions, id) }\n",
	.wrong =
		"A cache that is not full yet, a table that is being loaded, and more load than before look the\n"
		"same: a profile says where memory came from, and nothing of who holds it. Compare profiles of\n"
		"comparable load, taken after the program has settled.",
};

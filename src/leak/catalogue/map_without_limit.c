/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_map_without_limit = {
	.code = "L27",
	.name = "map-without-limit",
	.at_most = CERTAINTY_LIKELY,
	.summary = "a map gets entries and never loses any",
	.evidence =
		"The number of its entries at two moments (--over 30s, --against FILE), and whether what it\n"
		"held at the first is all still there at the second. Where code deletes from such a map, this is\n"
		"a suspicion only: nothing may have been old enough. One look can only say that a map holds\n"
		"a quarter of a large heap, or half of any while no code of the program deletes from such a\n"
		"map, and suspects it.",
	.leaky = "var sessions = map[string]*Session{}\n"
		 "\n"
		 "func login(user string) *Session {\n"
		 "	session := &Session{user: user}\n"
		 "	sessions[session.token()] = session // nobody ever deletes it\n"
		 "	return session\n"
		 "}\n",
	.fixed =
		"func logout(session *Session) { delete(sessions, session.token()) }\n"
		"\n"
		"// and for those who never log out: a time after which an entry goes, or a bound (LRU)\n",
	.wrong =
		"A cache that is still filling up only grows as well, until it reaches its bound. Look again\n"
		"when the program has been under load for longer.",
};

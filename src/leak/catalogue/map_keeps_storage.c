/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_map_keeps_storage = {
	.code = "L28",
	.name = "map-keeps-storage",
	.at_most = CERTAINTY_LIKELY,
	.summary = "maps that are nearly empty keep the room of what was deleted",
	.evidence =
		"A map's storage takes 256 KiB or more, and an eighth or less of its slots have an entry; likely\n"
		"from 1 MiB and a tenth of what is alive. Values of more than 128 bytes are stored elsewhere,\n"
		"and freed when they are deleted; smaller ones are a part of the storage.",
	.leaky = "for id := range m.sessions {\n"
		 "	delete(m.sessions, id) // 100,000 slots stay\n"
		 "}\n",
	.fixed = "m.sessions = make(map[int]Session) // or store pointers: map[int]*Session\n",
	.wrong =
		"A map that was made with room for what is still to come, make(map[int]T, n), and one that\n"
		"empties at night and fills up by day, look the same.",
};

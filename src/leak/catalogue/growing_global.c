/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_growing_global = {
	.code = "L26",
	.name = "growing-global",
	.at_most = CERTAINTY_LIKELY,
	.summary = "what a global holds only grows",
	.evidence =
		"The bytes that only this variable keeps alive, at two moments (--over 30s, --against FILE),\n"
		"and whether the objects of the first are all still there at the second. Growth that a map\n"
		"below it explains is told of the map.",
	.leaky = "var events []*Event\n"
		 "\n"
		 "func record(event *Event) {\n"
		 "	events = append(events, event) // read by nobody, cut by nobody\n"
		 "}\n",
	.fixed = "const eventsKept = 1000\n"
		 "\n"
		 "func record(event *Event) {\n"
		 "	if len(events) >= eventsKept {\n"
		 "		copy(events, events[1:])\n"
		 "		events[len(events)-1] = event\n"
		 "		return\n"
		 "	}\n"
		 "	events = append(events, event)\n"
		 "}\n",
	.wrong = "A table that is loaded once grows while it is loaded. Look again afterwards.",
};

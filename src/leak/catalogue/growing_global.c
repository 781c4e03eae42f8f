/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_growing_global = {
	.code = "L26",
	.name = "growing-global",
	.at_most = CERTAINTY_LIKELY,
	.summary = "what a global holds only grows",
	.evidence =
		"The bytes that only this variable keeps alive, at two moments (--over 30s, --against FILE),\n"
		"and whether the objects of the first are all still there at the second. Of a slice, global\n"
		"or not, its length; one that holds its elements itself must have the first ones as they\n"
		"were. Growth that a map below it explains is told of the map. Suspected at most: what a\n"
		"goroutine alone holds that can still end; what belongs to an entry of a map that code deletes\n"
		"from; an array with room that was asked for in advance; a slice that was empty a short time\n"
		"ago, if it grew as now; and what one look sees, that it holds half of the heap, or a quarter\n"
		"of a large one.",
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
	.wrong =
		"A table that is loaded once grows while it is loaded, and so does a batch of more than a\n"
		"megabyte until it is sent. Look again afterwards, or over a longer time.",
};

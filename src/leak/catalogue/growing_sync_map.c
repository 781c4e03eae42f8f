/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_growing_sync_map = {
	.code = "L29",
	.name = "growing-sync-map",
	.at_most = CERTAINTY_LIKELY,
	.summary = "a sync.Map gets entries and never loses any",
	.evidence =
		"The number of its entries at two moments (--over 30s, --against FILE), counted in whatever\n"
		"the sync.Map of the program's Go release keeps them in, and whether what it held at the\n"
		"first is all still there at the second. Where the program deletes from any sync.Map, this is a\n"
		"suspicion only.",
	.leaky = "var seen sync.Map\n"
		 "\n"
		 "func handle(request *Request) {\n"
		 "	if _, again := seen.LoadOrStore(request.ID, time.Now()); again {\n"
		 "		return\n"
		 "	}\n"
		 "	serve(request) // the ID is kept for ever\n"
		 "}\n",
	.fixed = "// once a minute\n"
		 "seen.Range(func(id, at any) bool {\n"
		 "	if time.Since(at.(time.Time)) > window {\n"
		 "		seen.Delete(id)\n"
		 "	}\n"
		 "	return true\n"
		 "})\n",
	.wrong =
		"A table of a bounded set of keys, such as types or routes, grows until all have been seen.",
};

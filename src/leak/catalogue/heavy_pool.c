/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_heavy_pool = {
	.code = "L30",
	.name = "heavy-pool",
	.at_most = CERTAINTY_LIKELY,
	.summary = "a sync.Pool keeps things that have become heavy",
	.evidence =
		"What lies in every sync.Pool, for each processor, and what the last collection has set aside to\n"
		"be dropped by the next one. A pool is reported when it keeps at least 8 MiB in things of 1 MiB or\n"
		"more, and these are bytes.Buffers, or differ much in size from others there: they have grown\n"
		"while they were used. Things that are all of one size are large by design; half of all that is\n"
		"alive, and 64 MiB, are a suspicion even so.",
	.leaky = "var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}\n"
		 "\n"
		 "func render(page Page) {\n"
		 "	b := buffers.Get().(*bytes.Buffer)\n"
		 "	defer buffers.Put(b) // one page of 50 MB, and b is as large for ever\n"
		 "	b.Reset()\n"
		 "	page.write(b)\n"
		 "}\n",
	.fixed = "	defer func() {\n"
		 "		if b.Cap() <= 64<<10 { // what is larger is left to the collector\n"
		 "			buffers.Put(b)\n"
		 "		}\n"
		 "	}()\n",
	.wrong =
		"Where nearly all that passes the pool is large, large buffers are what it is for.",
};

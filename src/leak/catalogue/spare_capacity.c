/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_spare_capacity = {
	.code = "L23",
	.name = "spare-capacity",
	.at_most = CERTAINTY_LIKELY,
	.summary = "slices were long once, and keep their capacity",
	.evidence =
		"Slices use less than half of their arrays, and what lies behind their length has been written\n"
		"to: they were longer. Likely where an eighth or less is used, of 16 arrays or of a quarter of\n"
		"what is alive. Room that was asked for and never used is no finding.",
	.leaky = "func (b *Batch) flush() {\n"
		 "	send(b.items)\n"
		 "	b.items = b.items[:0] // as large for ever as the largest batch ever was\n"
		 "}\n",
	.fixed = "func (b *Batch) flush() {\n"
		 "	send(b.items)\n"
		 "	b.items = b.items[:0]\n"
		 "	if cap(b.items) > itemsMax {\n"
		 "		b.items = nil\n"
		 "	}\n"
		 "}\n",
	.wrong =
		"A buffer that is filled again and again needs its room, and is empty when nobody needs it. It\n"
		"is a leak where the size was needed once.",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_element_pins_array = {
	.code = "L21",
	.name = "element-pins-array",
	.at_most = CERTAINTY_LIKELY,
	.summary = "pointers to single elements keep whole arrays alive",
	.evidence =
		"Nothing but pointers to elements leads to an array, no slice and no pointer to all of it, and\n"
		"they point to less than half of its bytes. Pointers to single bytes, and unsafe ones, count as\n"
		"pointing to everything.",
	.leaky = "func (c *Catalog) best(page []Record) {\n"
		 "	c.top = append(c.top, &page[0]) // one record keeps a page of a thousand\n"
		 "}\n",
	.fixed = "func (c *Catalog) best(page []Record) {\n"
		 "	top := page[0]\n"
		 "	c.top = append(c.top, &top)\n"
		 "}\n",
	.wrong =
		"An allocator of one's own that hands out the elements of large arrays looks the same when most\n"
		"of them have been dropped: then it wastes what is told here all the same.",
};

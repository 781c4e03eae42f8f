/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_views_pin_buffer = {
	.code = "L24",
	.name = "views-pin-buffer",
	.at_most = CERTAINTY_LIKELY,
	.summary = "a few slices of a buffer keep all of it alive",
	.evidence =
		"As for subslice-pins-array, where several slices share an array: together they have less than\n"
		"half of its bytes.",
	.leaky =
		"func (i *Index) load(name string) {\n"
		"	data, _ := os.ReadFile(name)\n"
		"	for _, line := range bytes.Split(data, newline) {\n"
		"		if key, _, ok := bytes.Cut(line, colon); ok {\n"
		"			i.keys = append(i.keys, key) // each key keeps the whole file\n"
		"		}\n"
		"	}\n"
		"}\n",
	.fixed = "	i.keys = append(i.keys, slices.Clone(key))\n",
	.wrong =
		"A file that is read once, and whose parts live as long as the program, may be worth less to\n"
		"you than the copies would cost.",
};

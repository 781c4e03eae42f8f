/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_subslice_pins_array = {
	.code = "L20",
	.name = "subslice-pins-array",
	.at_most = CERTAINTY_LIKELY,
	.summary = "short slices keep long arrays alive",
	.evidence =
		"All slices that point into an array are put together: less than half of its bytes are within\n"
		"any slice's length. Arrays that a goroutine's stack leads to, or something that does not say\n"
		"how far it goes, are left out; so are the buffers of the standard library and of a sync.Pool.\n"
		"Likely from 1 MiB and a tenth of what is alive; where the rest is within the slice's capacity\n"
		"only if it has been written to, in 16 arrays or a quarter of the heap.",
	.leaky = "func (s *Session) login(packet []byte) {\n"
		 "	s.token = packet[4:20] // 16 bytes keep a packet of 64 KiB\n"
		 "}\n",
	.fixed =
		"func (s *Session) login(packet []byte) {\n"
		"	s.token = slices.Clone(packet[4:20]) // before 1.21: append([]byte(nil), ...)\n"
		"}\n",
	.wrong =
		"A buffer of one's own that is emptied and filled again, x = x[:n], looks the same between two\n"
		"uses: it needs its room.",
};

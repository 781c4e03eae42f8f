/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_finalizer_on_cycle = {
	.code = "L36",
	.name = "finalizer-on-cycle",
	.at_most = CERTAINTY_PROVED,
	.summary = "an object with a finalizer keeps itself alive",
	.evidence =
		"The runtime notes which objects have a finalizer, and keeps all that they lead to until it has\n"
		"run. Where that, or the finalizer's own function, leads back to the object, and nothing else in\n"
		"the program leads there, neither a finalizer that is still to run nor a weak pointer, the\n"
		"finalizer never runs and nothing of it is freed.",
	.leaky = "func NewStream(name string) *Stream {\n"
		 "	s := &Stream{name: name, buffer: make([]byte, 1<<17)}\n"
		 "	runtime.SetFinalizer(s, func(*Stream) {\n"
		 "		s.close() // refers to s itself, not to its argument\n"
		 "	})\n"
		 "	return s\n"
		 "}\n",
	.fixed = "	runtime.SetFinalizer(s, func(s *Stream) { s.close() })\n"
		 "\n"
		 "// or, from Go 1.24, with what must be closed apart from what the program holds\n"
		 "	runtime.AddCleanup(s, func(h handle) { h.close() }, s.handle)\n",
	.wrong =
		"It is never wrong that the object stays. A ring that the program still holds, and takes apart\n"
		"before it lets go, is not reported.",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_large_capture = {
	.code = "L19",
	.name = "large-capture",
	.at_most = CERTAINTY_LIKELY,
	.summary = "closures keep large objects that they have captured",
	.evidence =
		"At least eight closures of one function each keep 16 KiB or more alive that nothing else\n"
		"leads to, three quarters of it in four objects or fewer; together 1 MiB and a tenth of what\n"
		"is alive. Not counted: closures that a goroutine holds, methods as values, closures of\n"
		"libraries that come with Go. How much of it a closure uses cannot be seen.",
	.leaky = "func (s *Server) watch(r *Request) {\n"
		 "	s.onClose = append(s.onClose, func() {\n"
		 "		log.Print(\"closed \", r.ID) // keeps the request, with its body\n"
		 "	})\n"
		 "}\n",
	.fixed = "func (s *Server) watch(r *Request) {\n"
		 "	id := r.ID\n"
		 "	s.onClose = append(s.onClose, func() {\n"
		 "		log.Print(\"closed \", id)\n"
		 "	})\n"
		 "}\n",
	.wrong =
		"Closures that need all of what they captured, a template or a table each, look the same.",
};

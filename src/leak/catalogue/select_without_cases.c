/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_select_without_cases = {
	.code = "L7",
	.name = "select-without-cases",
	.at_most = CERTAINTY_PROVED,
	.summary = "a goroutine waits in a select that has no case, or only nil channels",
	.evidence =
		"The runtime parked the goroutine for good: the select has no case, or its channels are all\n"
		"nil. Goroutine 1, which commonly ends in `select {}`, is never reported.",
	.leaky =
		"func (s *Shop) serve(conn net.Conn) {\n"
		"	go s.read(conn)\n"
		"	select {} // keeps this goroutine, its stack and conn, for every connection\n"
		"}\n",
	.fixed = "func (s *Shop) serve(ctx context.Context, conn net.Conn) {\n"
		 "	defer conn.Close()\n"
		 "	go s.read(conn)\n"
		 "	<-ctx.Done()\n"
		 "}\n",
	.wrong =
		"One goroutine that holds a program open on purpose is no trouble; many of them, or a number\n"
		"that grows, are.",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_stream_not_closed = {
	.code = "L33",
	.name = "stream-not-closed",
	.at_most = CERTAINTY_LIKELY,
	.summary = "answers, rows or connections stay open because nobody closes them",
	.evidence =
		"Goroutines of net/http that wait for an answer's body to be read or closed, while nobody has the\n"
		"body any more. Rows and transactions of database/sql that only the goroutine leads to which waits\n"
		"for their context, and connections that the pool takes for being in use while nothing but the\n"
		"pool leads to them. 3 are a suspicion, 10 more than that.\n"
		"At least 10 accepted connections by way of one holder, none of which is on a goroutine's stack;\n"
		"at least 50 (10: a suspicion) that were dropped while they were open.\n"
		"Connections at rest, in a pool or between two requests, are none of these.",
	.leaky = "func (c *Client) status(url string) (int, error) {\n"
		 "	answer, err := c.web.Get(url)\n"
		 "	if err != nil {\n"
		 "		return 0, err\n"
		 "	}\n"
		 "	return answer.StatusCode, nil // the connection is never free again\n"
		 "}\n",
	.fixed =
		"	answer, err := c.web.Get(url)\n"
		"	if err != nil {\n"
		"		return 0, err\n"
		"	}\n"
		"	defer answer.Body.Close()\n"
		"	io.Copy(io.Discard, answer.Body) // so that the connection can be used again\n",
	.wrong =
		"A server that is told by the kernel when connections are ready (epoll) has accepted ones that no\n"
		"goroutine serves. What a context or the other side's timeout ends goes away by itself.",
};

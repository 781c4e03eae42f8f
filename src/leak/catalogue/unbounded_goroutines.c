/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/rules.h"

const struct rule rule_unbounded_goroutines = {
	.code = "L17",
	.name = "unbounded-goroutines",
	.at_most = CERTAINTY_LIKELY,
	.summary = "very many goroutines stand at one place",
	.evidence =
		"At least 1,000 goroutines that one go statement started wait at one place, or 100 of which\n"
		"one has waited for 10 s or two collections. Goroutines that wait for a connection, or that come one with each\n"
		"connection, are taken for load. Handlers whose clients are still there are a suspicion even if more\n"
		"come. One look cannot tell a crowd from a growing one: suspect.",
	.leaky =
		"func (s *Shop) notify(orders []Order) {\n"
		"	for _, order := range orders {\n"
		"		go s.send(order) // as many as there are orders, however slow the other end is\n"
		"	}\n"
		"}\n",
	.fixed = "func (s *Shop) notify(orders []Order) {\n"
		 "	var group errgroup.Group\n"
		 "	group.SetLimit(16)\n"
		 "	for _, order := range orders {\n"
		 "		group.Go(func() error { return s.send(order) })\n"
		 "	}\n"
		 "	group.Wait()\n"
		 "}\n",
	.wrong =
		"A large pool of workers, and one goroutine for each of very many clients, look the same. Look\n"
		"again after a while at comparable load: a pool keeps its size.",
};

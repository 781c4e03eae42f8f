/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_REPORT_PROFILE_GRAPH_REPORT_H
#define DOWSE_REPORT_PROFILE_GRAPH_REPORT_H

#include "profile/graph.h"
#include "profile/pattern.h"
#include "report/style.h"

/* Which function calls which, of one type of value; shares are those of `whole`. */
struct profile_graph_report {
	const struct profile *profile;
	const struct profile_graph *graph;
	uint32_t type;
	int64_t whole;
};

/* For graphviz: what is kept of the graph. */
void profile_dot(const struct profile_graph_report *report, struct writer *writer);

/* Functions whose names match, each with those that call it and those that it calls. */
struct error *profile_peek_text(const struct profile_graph_report *report,
				const struct pattern *pattern, size_t limit,
				const struct style *style, struct writer *writer) must_use;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>

#include "report/profile_graph_report.h"
#include "report/profile_name.h"
#include "report/profile_report.h"

#define NAME_LIMIT 200

static void write_quoted(struct profile_text name, struct writer *writer)
{
	_cleanup_(writer_deinit) struct writer safe = WRITER_TO_MEMORY;
	profile_name_write(name, NAME_LIMIT, &safe, NULL);
	for (size_t i = 0; i < safe.length; i++) {
		if (safe.bytes[i] == '"' || safe.bytes[i] == '\\')
			writer_char(writer, '\\');
		writer_char(writer, safe.bytes[i]);
	}
}

static double share_of(int64_t value, int64_t whole)
{
	return whole ? fabs((double)value / (double)whole) : 0;
}

/* The larger by itself, the larger the letters: the area is the share. */
static void write_node(const struct profile_graph_report *report, uint32_t number,
		       struct writer *writer)
{
	const struct profile_graph_node *node = &report->graph->nodes[number];
	char flat[QUANTITY_SIZE], cum[QUANTITY_SIZE], share[32];
	writer_printf(writer, "\tn%" PRIu32 " [label=\"", number);
	write_quoted(node->name, writer);
	writer_printf(writer, "\\n%s (%s)",
		      profile_value_text(report->profile, report->type, node->flat, flat),
		      profile_share_text(node->flat, report->whole, share));
	if (node->cum != node->flat)
		writer_printf(writer, "\\nof %s (%s)",
			      profile_value_text(report->profile, report->type, node->cum, cum),
			      profile_share_text(node->cum, report->whole, share));
	int size = 8 + (int)(16 * sqrt(MIN(share_of(node->flat, report->whole), 1.0)));
	writer_printf(writer, "\", fontsize=%d];\n", size);
}

static void write_edge(const struct profile_graph_report *report,
		       const struct profile_graph_edge *edge, struct writer *writer)
{
	char text[QUANTITY_SIZE];
	double share = MIN(share_of(edge->value, report->whole), 1.0);
	writer_printf(writer, "\tn%" PRIu32 " -> n%" PRIu32 " [label=\" %s\", penwidth=%d%s];\n",
		      edge->caller, edge->callee,
		      profile_value_text(report->profile, report->type, edge->value, text),
		      1 + (int)(5 * share), edge->indirect ? ", style=dashed" : "");
}

void profile_dot(const struct profile_graph_report *report, struct writer *writer)
{
	const struct profile_graph *graph = report->graph;
	writer_string(writer, "digraph profile {\n\tnode [shape=box];\n");
	for (uint32_t i = 0; i < graph->count; i++) {
		if (graph->nodes[i].kept)
			write_node(report, i, writer);
	}
	for (size_t i = 0; i < graph->edge_count; i++) {
		if (graph->edges[i].value)
			write_edge(report, &graph->edges[i], writer);
	}
	writer_string(writer, "}\n");
}

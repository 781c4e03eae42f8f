/* SPDX-License-Identifier: Apache-2.0 */
#include "report/profile_graph_report.h"
#include "report/profile_name.h"
#include "report/profile_report.h"
#include "report/table.h"

#define NAME_LIMIT 300

static void name_cell(struct table *table, enum style_tone tone, const char *before,
		      struct profile_text name)
{
	_cleanup_(writer_deinit) struct writer text = WRITER_TO_MEMORY;
	writer_string(&text, before);
	/* The table makes it safe; a name without an end would make the table wide. */
	profile_name_write(name, NAME_LIMIT, &text, NULL);
	const char *shown = writer_text(&text);
	table_cell(table, tone, shown ? shown : "?");
}

static void add_edge(const struct profile_graph_report *report,
		     const struct profile_graph_edge *edge, bool caller, struct table *table)
{
	const struct profile_graph_node *nodes = report->graph->nodes;
	char text[QUANTITY_SIZE], share[32];
	const struct profile_graph_node *own = &nodes[caller ? edge->callee : edge->caller];
	table_cell(table, STYLE_DIM, caller ? "called by" : "calls");
	table_cell(table, STYLE_PLAIN,
		   profile_value_text(report->profile, report->type, edge->value, text));
	table_cell(table, STYLE_DIM, profile_share_text(edge->value, own->cum, share));
	name_cell(table, STYLE_PLAIN, "", nodes[caller ? edge->caller : edge->callee].name);
}

static void add_own(const struct profile_graph_report *report,
		    const struct profile_graph_node *node, struct table *table)
{
	char text[QUANTITY_SIZE], share[32];
	table_cell(table, STYLE_DIM, "with callees");
	table_cell(table, STYLE_PLAIN,
		   profile_value_text(report->profile, report->type, node->cum, text));
	table_cell(table, STYLE_DIM, profile_share_text(node->cum, report->whole, share));
	name_cell(table, STYLE_BOLD, "", node->name);
	table_cell(table, STYLE_DIM, "itself");
	table_cell(table, STYLE_PLAIN,
		   profile_value_text(report->profile, report->type, node->flat, text));
	table_cell(table, STYLE_DIM, profile_share_text(node->flat, report->whole, share));
	table_cell(table, STYLE_PLAIN, "");
}

static struct error *write_one(const struct profile_graph_report *report, uint32_t number,
			       const struct style *style, struct writer *writer)
{
	const struct profile_graph *graph = report->graph;
	struct table table = { .columns = 4, .right = { true, true, true } };
	for (size_t i = 0; i < graph->edge_count; i++) {
		if (graph->edges[i].callee == number && graph->edges[i].value)
			add_edge(report, &graph->edges[i], true, &table);
	}
	add_own(report, &graph->nodes[number], &table);
	for (size_t i = 0; i < graph->edge_count; i++) {
		if (graph->edges[i].caller == number && graph->edges[i].value)
			add_edge(report, &graph->edges[i], false, &table);
	}
	struct error *error = table_write(&table, style, writer);
	table_deinit(&table);
	return error;
}

/* The one that has most of those that are left; PROFILE_NONE when there is none. */
static uint32_t next_of(const struct profile_graph *graph, const bool *wanted)
{
	uint32_t found = PROFILE_NONE;
	double most = -1;
	for (uint32_t i = 0; i < graph->count; i++) {
		double size = (double)graph->nodes[i].cum;
		size = size < 0 ? -size : size;
		if (wanted[i] && size > most) {
			most = size;
			found = i;
		}
	}
	return found;
}

struct error *profile_peek_text(const struct profile_graph_report *report,
				const struct pattern *pattern, size_t limit,
				const struct style *style, struct writer *writer)
{
	const struct profile_graph *graph = report->graph;
	_cleanup_(free_pointer) bool *wanted = calloc(graph->count + 1u, sizeof(*wanted));
	size_t matched = 0, shown = 0;
	if (!wanted)
		return error_no_memory();
	for (uint32_t i = 0; i < graph->count; i++) {
		wanted[i] = graph->nodes[i].kept && pattern_matches(pattern, graph->nodes[i].name);
		matched += wanted[i];
	}
	for (; shown < matched && shown < limit; shown++) {
		uint32_t node = next_of(graph, wanted);
		if (shown)
			writer_char(writer, '\n');
		TRY(write_one(report, node, style, writer));
		wanted[node] = false;
	}
	if (!matched)
		writer_string(writer, "No function that has any of it is called so.\n");
	else if (shown < matched)
		writer_printf(writer, "\n%zu more: -n shows more of them\n", matched - shown);
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>

#include "report/heap_cells.h"
#include "report/heap_tree_report.h"

static int compare(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;
	return *a < *b ? 1 : *a > *b ? -1 : 0;
}

/* A node whose bytes are at least this is shown: as many as there is room for. */
static struct error *find_least(const struct type_tree_vector *tree, size_t room, uint64_t *ret)
{
	_cleanup_(free_pointer) uint64_t *bytes = calloc(tree->count + 1, sizeof(*bytes));
	if (!bytes)
		return error_no_memory();
	for (size_t i = 0; i < tree->count; i++)
		bytes[i] = tree->items[i].bytes;
	qsort(bytes, tree->count, sizeof(*bytes), compare);
	*ret = tree->count > room ? bytes[room] + 1 : 0;
	return NULL;
}

static void write_quoted(const char *text, size_t length, struct writer *writer)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '"' || text[i] == '\\')
			writer_char(writer, '\\');
		writer_char(writer, text[i]);
	}
}

static struct error *write_node(const struct heap_report *report,
				const struct type_tree_vector *tree, uint32_t number,
				struct writer *writer)
{
	const struct type_tree_node *node = &tree->items[number];
	char size[QUANTITY_SIZE], own[QUANTITY_SIZE], count[QUANTITY_SIZE];
	struct writer text = WRITER_TO_MEMORY;
	struct error *error = heap_tree_text(report, node, &text);
	writer_printf(writer, "\tn%" PRIu32 " [label=\"", number);
	if (!error)
		write_quoted(text.bytes, text.length, writer);
	writer_deinit(&text);
	writer_printf(writer, "\\n%s", heap_bytes_text(node->bytes, size));
	if (node->kind == TYPE_TREE_OBJECTS)
		writer_printf(writer, "\\n%s objects, %s", quantity_count(node->group.count, count),
			      heap_bytes_text(node->group.bytes, own));
	writer_printf(writer, "\"%s];\n", node->kind == TYPE_TREE_OBJECTS ? "" : ", style=bold");
	if (node->parent)
		writer_printf(writer, "\tn%" PRIu32 " -> n%" PRIu32 " [label=\"%s\"];\n",
			      node->parent, number, size);
	return error;
}

struct error *heap_dot(const struct heap_report *report, const struct type_tree_vector *tree,
		       struct writer *writer)
{
	uint64_t least = 0;
	size_t room = report->limit == UINT64_MAX
			      ? HEAP_TREE_NODES
			      : (size_t)MIN(report->limit, (uint64_t)UINT32_MAX);
	TRY(find_least(tree, room + 1, &least));
	writer_string(writer, "digraph heap {\n\tnode [shape=box];\n");
	/* A node holds no less than those below it, so that each has its parent. */
	for (uint32_t i = 1; i < tree->count; i++) {
		if (tree->items[i].bytes >= least)
			TRY(write_node(report, tree, i, writer));
	}
	writer_string(writer, "}\n");
	return NULL;
}

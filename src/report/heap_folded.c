/* SPDX-License-Identifier: Apache-2.0 */
#include "report/heap_tree_report.h"

DEFINE_VECTOR(node_number_vector, uint32_t);

/* Semicolons part frames, so that none may be left inside one. */
static struct error *write_frame(const struct heap_report *report,
				 const struct type_tree_node *node, struct writer *writer)
{
	struct writer text = WRITER_TO_MEMORY;
	struct error *error = heap_tree_text(report, node, &text);
	for (size_t i = 0; !error && i < text.length; i++)
		writer_char(writer, text.bytes[i] == ';' ? ',' : text.bytes[i]);
	writer_deinit(&text);
	return error;
}

static struct error *write_line(const struct heap_report *report,
				const struct type_tree_vector *tree, uint32_t number,
				struct node_number_vector *way, struct writer *writer)
{
	way->count = 0;
	for (uint32_t at = number; at; at = tree->items[at].parent)
		TRY(node_number_vector_append(way, &at));
	if (!number)
		TRY(node_number_vector_append(way, &number));
	for (size_t i = way->count; i-- > 0;) {
		TRY(write_frame(report, &tree->items[way->items[i]], writer));
		writer_char(writer, i ? ';' : ' ');
	}
	writer_unsigned(writer, tree->items[number].group.bytes);
	writer_char(writer, '\n');
	return NULL;
}

struct error *heap_folded(const struct heap_report *report, const struct type_tree_vector *tree,
			  struct writer *writer)
{
	_cleanup_(node_number_vector_deinit) struct node_number_vector way = { 0 };
	for (uint32_t i = 0; i < tree->count; i++) {
		if (tree->items[i].group.bytes)
			TRY(write_line(report, tree, i, &way, writer));
	}
	return NULL;
}

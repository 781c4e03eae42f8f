/* SPDX-License-Identifier: Apache-2.0 */
#include "report/heap_tree_report.h"
#include "report/safe.h"

static void goroutines_words(const struct heap_report *report, const struct heap_root *root,
			     struct writer *writer)
{
	const struct goroutine *goroutine =
		&report->heap->roots.goroutines->list.items[root->goroutine];
	struct place place = goroutine_place(goroutine, &report->subject->places);
	writer_printf(writer, "goroutines in %s", place.function ? place.function : "?");
}

static struct error *words(const struct heap_report *report, const struct type_tree_node *node,
			   struct writer *writer)
{
	const struct heap_root *root;
	switch (node->kind) {
	case TYPE_TREE_OBJECTS:
		return heap_group_text(report->heap, &node->group, writer);
	case TYPE_TREE_SHARED:
		writer_string(writer, "(several roots)");
		return NULL;
	case TYPE_TREE_ALL:
		writer_string(writer, "(small)");
		return NULL;
	case TYPE_TREE_ROOT:
		break;
	}
	root = heap_vertex_root(report->heap, node->example);
	if (root->kind == HEAP_ROOT_GOROUTINE && root->goroutine != HEAP_NO_GOROUTINE)
		goroutines_words(report, root, writer);
	else
		heap_root_text(report->heap, root, writer);
	return NULL;
}

struct error *heap_tree_text(const struct heap_report *report, const struct type_tree_node *node,
			     struct writer *writer)
{
	struct writer text = WRITER_TO_MEMORY;
	struct error *error = words(report, node, &text);
	const char *written = writer_text(&text);
	if (!error && written)
		safe_string(writer, written);
	writer_deinit(&text);
	return error ? error : written ? NULL : error_no_memory();
}

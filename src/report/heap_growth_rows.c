/* SPDX-License-Identifier: Apache-2.0 */
#include "report/heap_growth_report.h"

/* What groups are called so that they are found again at another moment: without numbers. */

static struct error *add(struct heap_growth *growth, struct heap_grown *group,
			 const struct heap_amount *amount, bool now, struct writer *words)
{
	*(now ? &group->now : &group->before) = *amount;
	group->text = writer_text(words);
	struct error *error = group->text ? heap_growth_add(growth, group) : error_no_memory();
	writer_deinit(words);
	return error;
}

struct error *heap_growth_add_types(struct heap_growth *growth, const struct heap *heap,
				    const struct heap_group_vector *types, bool now)
{
	for (size_t i = 0; i < types->count; i++) {
		const struct heap_group *group = &types->items[i];
		const struct heap_amount amount = { group->count, group->bytes, group->retained };
		struct heap_grown row = { .pointers = -1 };
		struct writer words = WRITER_TO_MEMORY;
		if (group->type != HEAP_TYPE_UNKNOWN) {
			TRY(heap_types_name(heap->types, group->type, &row.name));
		} else {
			const struct heap_shape *shape = &heap->scan.shape_list.list[group->shape];
			row.size_class = shape->size;
			if (shape->kind == SHAPE_POINTERS || shape->kind == SHAPE_DATA)
				row.pointers = __builtin_popcountll(shape->mask);
		}
		TRY(heap_group_text(heap, group, &words));
		TRY(add(growth, &row, &amount, now, &words));
	}
	return NULL;
}

/* "goroutines in main.worker  worker.go:57", however many there are. */
static void goroutines_words(const struct place *place, struct writer *words)
{
	writer_printf(words, "goroutines in %s", place->function ? place->function : "?");
	if (place->file && place->line > 0)
		writer_printf(words, "  %s:%d", place->file, (int)place->line);
}

static struct error *shared_words(const struct heap *heap, uint32_t vertex, struct writer *words)
{
	const struct heap_group group = {
		.type = heap_object_type(heap, vertex),
		.shape = heap->scan.shapes[vertex],
	};
	writer_string(words, "several roots: ");
	return heap_group_text(heap, &group, words);
}

static struct error *holder_words(const struct heap_report *report,
				  const struct heap_holder *holder, struct heap_grown *row,
				  struct writer *words)
{
	const struct heap_root *root = heap_vertex_root(report->heap, holder->example);
	uint64_t data = runtime_binary(report->heap->runtime)->modules[0].data;
	row->kind = root ? heap_root_kind_name(root->kind) : "shared";
	row->name = root ? root->name : NULL;
	if (!root)
		return shared_words(report->heap, holder->example, words);
	if (holder->kind == HOLDER_GOROUTINES) {
		const struct goroutine *goroutine =
			&report->heap->roots.goroutines->list.items[root->goroutine];
		struct place place = goroutine_place(goroutine, &report->subject->places);
		row->function = place.function;
		row->file = place.file;
		row->line = place.line;
		goroutines_words(&place, words);
	} else if (root->kind == HEAP_ROOT_GLOBAL || root->kind == HEAP_ROOT_RUNTIME ||
		   root->kind == HEAP_ROOT_TINY) {
		heap_root_text(report->heap, root, words);
		row->address = root->address - data;
		row->size = root->kind == HEAP_ROOT_GLOBAL ? root->size : 0;
	} else {
		/* Of one thread, one finalizer: others of the kind take its place in time. */
		writer_printf(words, "%ss", heap_root_kind_name(root->kind));
	}
	return NULL;
}

struct error *heap_growth_add_holders(struct heap_growth *growth, const struct heap_report *report,
				      bool now)
{
	for (size_t i = 0; i < report->holders->list.count; i++) {
		const struct heap_holder *holder = &report->holders->list.items[i];
		const struct heap_amount amount = { holder->count, holder->retained,
						    holder->retained };
		struct heap_grown row = { .pointers = -1 };
		struct writer words = WRITER_TO_MEMORY;
		TRY(holder_words(report, holder, &row, &words));
		TRY(add(growth, &row, &amount, now, &words));
	}
	return NULL;
}

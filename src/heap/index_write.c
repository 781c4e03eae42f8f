/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "heap/index_private.h"

struct index_writing {
	int descriptor;
	uint64_t offset;
	struct index_header header;
};

static struct error *write_all(struct index_writing *writing, const void *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = pwrite(writing->descriptor, (const uint8_t *)bytes + done, size - done,
				   (off_t)(writing->offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_os(n < 0 ? errno : ENOSPC, "the index cannot be written");
		done += (size_t)n;
	}
	writing->offset += size;
	return NULL;
}

static struct error *add_section(struct index_writing *writing, enum index_section_id id,
				 const void *items, size_t count)
{
	static const uint8_t zeroes[HEAP_INDEX_PAGE];
	size_t size = count * (size_t)index_item_sizes[id];
	writing->header.sections[id] = (struct index_section){
		.offset = writing->offset,
		.count = count,
		.item_size = index_item_sizes[id],
		.checksum = index_checksum(items ? items : zeroes, size),
	};
	TRY(write_all(writing, items, size));
	return write_all(writing, zeroes, -size % HEAP_INDEX_PAGE);
}

static struct error *add_facts(struct index_writing *writing, const struct heap *heap)
{
	const struct index_facts facts = {
		.unreadable = heap->scan.unreadable,
		.damaged = heap->spans.damaged,
		.dominated = heap->digest->dominated,
		.roots = index_roots(&heap->roots),
		.holders = heap->digest->holders.total,
		.totals = heap->digest->totals,
	};
	return add_section(writing, INDEX_FACTS, &facts, 1);
}

static struct error *add_types(struct index_writing *writing, const struct heap *heap)
{
	uint32_t count = heap_types_count(heap->types);
	_cleanup_(free_pointer) struct index_type *items = calloc(count + 1, sizeof(*items));
	if (!items)
		return error_no_memory();
	for (uint32_t i = 0; i < count; i++) {
		struct heap_type type;
		heap_types_get(heap->types, i + 1, &type);
		items[i] = (struct index_type){ type.descriptor, type.form };
	}
	return add_section(writing, INDEX_TYPES, items, count);
}

static struct error *add_shapes(struct index_writing *writing, const struct heap_shapes *shapes)
{
	_cleanup_(free_pointer) struct index_shape *items = calloc(shapes->count + 1,
								   sizeof(*items));
	if (!items)
		return error_no_memory();
	for (uint32_t i = 0; i < shapes->count; i++)
		items[i] = (struct index_shape){ shapes->list[i].mask, shapes->list[i].size,
						 shapes->list[i].kind };
	return add_section(writing, INDEX_SHAPE_LIST, items, shapes->count);
}

static struct error *add_spans(struct index_writing *writing, const struct heap_spans *spans)
{
	_cleanup_(free_pointer) struct index_span *items = calloc(spans->list.count + 1,
								  sizeof(*items));
	if (!items)
		return error_no_memory();
	for (size_t i = 0; i < spans->list.count; i++) {
		const struct heap_span *span = &spans->list.items[i];
		items[i] = (struct index_span){
			.start = span->start,
			.end = span->end,
			.slot_size = span->slot_size,
			.bits_at = span->bits_at,
			.count = span->count,
			.bits = span->bits,
			.head = span->head,
			.marks_inside = span->marks_inside,
			.unswept = span->unswept,
		};
	}
	return add_section(writing, INDEX_SPANS, items, spans->list.count);
}

static struct index_group group_item(const struct heap_group *group)
{
	return (struct index_group){
		.count = group->count,
		.bytes = group->bytes,
		.retained = group->retained,
		.type = group->type,
		.shape = group->shape,
	};
}

static struct error *add_groups(struct index_writing *writing, const struct heap_group_vector *list)
{
	_cleanup_(free_pointer) struct index_group *items = calloc(list->count + 1, sizeof(*items));
	if (!items)
		return error_no_memory();
	for (size_t i = 0; i < list->count; i++)
		items[i] = group_item(&list->items[i]);
	return add_section(writing, INDEX_GROUPS, items, list->count);
}

static struct error *add_classes(struct index_writing *writing,
				 const struct heap_size_class_vector *list)
{
	_cleanup_(free_pointer) struct index_class *items = calloc(list->count + 1, sizeof(*items));
	if (!items)
		return error_no_memory();
	for (size_t i = 0; i < list->count; i++) {
		const struct heap_size_class *class = &list->items[i];
		items[i] = (struct index_class){
			.size = class->size,
			.pointers = class->pointers,
			.spans = class->spans,
			.bytes = class->bytes,
			.used = class->used,
			.reached = class->reached,
		};
	}
	return add_section(writing, INDEX_CLASSES, items, list->count);
}

static struct error *add_parts(struct index_writing *writing, const struct heap_holder_vector *list)
{
	size_t count = 0;
	for (size_t i = 0; i < list->count; i++)
		count += list->items[i].part_count;
	_cleanup_(free_pointer) struct index_group *items = calloc(count + 1, sizeof(*items));
	if (!items)
		return error_no_memory();
	count = 0;
	for (size_t i = 0; i < list->count; i++) {
		for (size_t k = 0; k < list->items[i].part_count; k++)
			items[count++] = group_item(&list->items[i].parts[k]);
	}
	return add_section(writing, INDEX_PARTS, items, count);
}

static struct error *add_holders(struct index_writing *writing,
				 const struct heap_holder_vector *list)
{
	_cleanup_(free_pointer) struct index_holder *items = calloc(list->count + 1,
								    sizeof(*items));
	if (!items)
		return error_no_memory();
	for (size_t i = 0; i < list->count; i++) {
		const struct heap_holder *holder = &list->items[i];
		items[i] = (struct index_holder){
			.members = holder->members,
			.count = holder->count,
			.retained = holder->retained,
			.kind = holder->kind,
			.example = holder->example,
			.part_count = (uint32_t)holder->part_count,
		};
	}
	TRY(add_section(writing, INDEX_HOLDERS, items, list->count));
	return add_parts(writing, list);
}

static struct error *add_bits(struct index_writing *writing, enum index_section_id id,
			      const uint64_t *bits, uint32_t objects)
{
	size_t words = index_bit_words(objects);
	_cleanup_(free_pointer) uint64_t *items = calloc(words, sizeof(*items));
	if (!items)
		return error_no_memory();
	if (bits)
		memcpy(items, bits, (objects + 63) / 64 * sizeof(*items));
	return add_section(writing, id, items, bits ? words : 0);
}

static struct error *add_arrays(struct index_writing *writing, const struct heap *heap)
{
	const struct heap_graph *graph = &heap->scan.graph;
	const struct dominators *dominators = &heap->dominators;
	uint32_t objects = graph->object_count;
	TRY(add_bits(writing, INDEX_USED, heap->spans.used, objects));
	TRY(add_bits(writing, INDEX_DEAD, heap->spans.dead, objects));
	TRY(add_bits(writing, INDEX_REACHED, heap->reached, objects));
	TRY(add_section(writing, INDEX_ROWS, graph->rows, (size_t)graph->vertex_count + 1));
	TRY(add_section(writing, INDEX_EDGES, graph->edges, heap->scan.edge_count));
	TRY(add_section(writing, INDEX_SHAPES, heap->scan.shapes, objects));
	TRY(add_section(writing, INDEX_MARKS, heap->scan.types, objects));
	TRY(add_section(writing, INDEX_VERTICES, dominators->vertices, dominators->count));
	TRY(add_section(writing, INDEX_NUMBERS, dominators->numbers, dominators->vertex_count));
	TRY(add_section(writing, INDEX_PARENTS, dominators->parents, dominators->count));
	return add_section(writing, INDEX_RETAINED, dominators->retained, dominators->count);
}

static struct error *add_root_types(struct index_writing *writing, const struct heap_roots *roots)
{
	_cleanup_(free_pointer) uint32_t *items = calloc(roots->pointers.count + 1, sizeof(*items));
	if (!items)
		return error_no_memory();
	for (size_t i = 0; i < roots->pointers.count; i++)
		items[i] = roots->pointers.items[i].type;
	return add_section(writing, INDEX_ROOT_TYPES, items, roots->pointers.count);
}

static struct error *add_users(struct index_writing *writing, const struct heap_roots *roots)
{
	_cleanup_(writer_deinit) struct writer texts = WRITER_TO_MEMORY;
	_cleanup_(free_pointer) struct index_user *items = calloc(roots->list.count + 1,
								  sizeof(*items));
	size_t count = 0;
	if (!items)
		return error_no_memory();
	for (size_t i = 0; i < roots->list.count; i++) {
		const char *user = roots->list.items[i].user;
		if (!user)
			continue;
		items[count++] = (struct index_user){ i, texts.length };
		writer_bytes(&texts, user, strlen(user) + 1);
	}
	if (!writer_text(&texts))
		return error_no_memory();
	TRY(add_section(writing, INDEX_USERS, items, count));
	return add_section(writing, INDEX_TEXTS, texts.bytes, texts.length);
}

static struct error *add_lists(struct index_writing *writing, const struct heap *heap)
{
	TRY(add_facts(writing, heap));
	TRY(add_types(writing, heap));
	TRY(add_shapes(writing, &heap->scan.shape_list));
	TRY(add_spans(writing, &heap->spans));
	TRY(add_groups(writing, &heap->digest->types));
	TRY(add_classes(writing, &heap->digest->classes));
	TRY(add_holders(writing, &heap->digest->holders.list));
	TRY(add_root_types(writing, &heap->roots));
	return add_users(writing, &heap->roots);
}

/* Last, so that a file that was not written to its end is no index. */
static struct error *write_header(struct index_writing *writing,
				  const struct heap_index_source *source)
{
	struct index_header *header = &writing->header;
	memcpy(header->magic, HEAP_INDEX_MAGIC, sizeof(header->magic));
	header->order = HEAP_INDEX_ORDER;
	header->build = index_build();
	header->source = *source;
	header->file_size = writing->offset;
	header->section_count = INDEX_SECTION_COUNT;
	header->checksum = index_checksum(header, offsetof(struct index_header, checksum));
	writing->offset = 0;
	return write_all(writing, header, sizeof(*header));
}

uint64_t heap_index_size(const struct heap *heap)
{
	return HEAP_INDEX_PAGE * (INDEX_SECTION_COUNT + 1) +
	       (uint64_t)heap->scan.graph.vertex_count * (4 + 2 + 4 + 4 + 1) +
	       (uint64_t)heap->scan.edge_count * 4 + (uint64_t)heap->dominators.count * 16 +
	       heap->spans.list.count * sizeof(struct index_span);
}

struct error *heap_index_write(const struct heap *heap, const struct heap_index_source *source,
			       int descriptor)
{
	struct index_writing writing = { .descriptor = descriptor, .offset = HEAP_INDEX_PAGE };
	TRY(add_lists(&writing, heap));
	TRY(add_arrays(&writing, heap));
	return write_header(&writing, source);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "heap/edge_names.h"

#include <string.h>

#include "binary/variables_path.h"
#include "heap/holders.h"

#define PIECES_MAX 64 /* of a map, on the way to its header */

struct error *heap_edge_names_init(struct heap_edge_names *names, struct heap *heap)
{
	names->heap = heap;
	return heap_typing_init(&names->typing, heap->types, &heap->scan.shape_list);
}

void heap_edge_names_deinit(struct heap_edge_names *names)
{
	heap_typing_deinit(&names->typing);
}

/* Without a type: which words of a small one can hold pointers is known all the same. */
static bool offset_by_mask(const struct heap *heap, uint32_t vertex, uint32_t position,
			   uint64_t *ret)
{
	const struct heap_shape *shape = &heap->scan.shape_list.list[heap->scan.shapes[vertex]];
	uint64_t mask = shape->kind == SHAPE_POINTERS ? shape->mask : 0;
	for (; mask && position; position--)
		mask &= mask - 1;
	if (!mask)
		return false;
	*ret = 8 * (uint64_t)__builtin_ctzll(mask);
	return true;
}

struct error *heap_edge_offset(struct heap_edge_names *names, uint32_t vertex, uint32_t position,
			       uint64_t *ret, bool *ret_known)
{
	const struct heap *heap = names->heap;
	const struct heap_plan *plan;
	uint32_t type = heap_object_type(heap, vertex);
	*ret_known = offset_by_mask(heap, vertex, position, ret);
	if (*ret_known || type == HEAP_TYPE_UNKNOWN)
		return NULL;
	TRY(heap_typing_plan(&names->typing, type, heap->scan.shapes[vertex], &plan));
	if (!plan->count || (position >= plan->count && !plan->stride))
		return NULL;
	*ret = plan->offsets[position % plan->count] + position / plan->count * plan->stride;
	*ret_known = true;
	return NULL;
}

static struct error *name_in_object(struct heap_edge_names *names, uint32_t vertex,
				    uint32_t position, struct writer *writer)
{
	uint32_t type = heap_object_type(names->heap, vertex);
	uint64_t offset;
	bool known;
	TRY(heap_edge_offset(names, vertex, position, &offset, &known));
	if (!known)
		writer_char(writer, '?');
	else if (type != HEAP_TYPE_UNKNOWN)
		return heap_types_path(names->heap->types, type, offset, writer);
	else
		writer_printf(writer, "+%llu", (unsigned long long)offset);
	return NULL;
}

const struct heap_root_pointer *heap_root_edge(const struct heap *heap, uint32_t vertex,
					       uint32_t position)
{
	const struct heap_root *root = heap_vertex_root(heap, vertex);
	return root && !root->through && position < root->count
		       ? &heap->roots.pointers.items[root->first + position]
		       : NULL;
}

/* A finalizer's: the edges are those of its objects, one after the other. */
static struct error *name_through(struct heap_edge_names *names, const struct heap_root *root,
				  uint32_t position, struct writer *writer)
{
	const struct heap *heap = names->heap;
	for (size_t i = root->first; i < root->first + root->count; i++) {
		uint32_t edge = heap_spans_edge(&heap->spans, heap->roots.pointers.items[i].value);
		if (edge == EDGE_NONE)
			continue;
		const uint32_t *row = &heap->scan.graph.rows[edge_target(edge)];
		if (position < row[1] - row[0])
			return name_in_object(names, edge_target(edge), position, writer);
		position -= row[1] - row[0];
	}
	return NULL;
}

static void name_in_global(const struct heap *heap, const struct heap_root *root,
			   const struct heap_root_pointer *pointer, struct writer *writer)
{
	const struct variable *variable = variables_find(heap->roots.variables, root->address);
	uint64_t offset = pointer->where - root->address;
	if (variable && variable->type && variable->address == root->address)
		variables_path(heap->roots.variables, variable->type, offset, writer);
	else if (offset && root->size > 8 && root->name)
		writer_printf(writer, "+%llu", (unsigned long long)offset);
}

/* Machine frames are counted; those in the middle of a deep stack are not kept. */
static const struct frame *find_frame(const struct goroutine *goroutine, uint32_t index)
{
	const struct stack *stack = goroutine->stack;
	uint32_t shown = 0;
	for (uint32_t i = 0; i < stack->count; i++) {
		if (stack->elided && shown >= stack->elided_after)
			return NULL;
		/* The outermost of those that were inlined is the machine frame's own; the innermost
		 * is where it stands. */
		if (!index)
			return &stack->frames[i];
		shown += !stack->frames[i].hidden;
		index -= !stack->frames[i].inlined;
	}
	return NULL;
}

uint64_t heap_value_address(const struct heap *heap, uint32_t vertex)
{
	return heap_spans_address(&heap->spans, vertex) + heap_spans_of(&heap->spans, vertex)->head;
}

/* Does a variable of that type have a pointer there? Debug information may be mistaken. */
static struct error *has_pointer(const struct heap *heap, uint64_t type, uint64_t offset, bool *ret)
{
	const struct heap_type_layout *layout;
	struct variable_part part;
	uint32_t number;
	*ret = false;
	if (!variables_part(heap->roots.variables, type, offset, &part))
		return NULL;
	*ret = part.pointer;
	if (part.pointer)
		return NULL;
	TRY(heap_types_intern(heap->types, HEAP_VALUE, part.descriptor, &number));
	TRY(heap_types_layout(heap->types, number, &layout));
	*ret = !layout->complete;
	if (part.offset < layout->start)
		return NULL;
	uint64_t inside = part.offset - layout->start;
	if (layout->stride)
		inside %= layout->stride;
	for (size_t i = 0; i < layout->slot_count && !*ret; i++)
		*ret = layout->slots[i].offset == inside;
	return NULL;
}

/* The variable that lies there. What has called something goes on at pc, and stands before it. */
static struct error *find_variable(const struct heap *heap, const struct heap_root_pointer *pointer,
				   struct heap_frame_place *place)
{
	_cleanup_(frame_variable_vector_deinit) struct frame_variable_vector list = { 0 };
	TRY(frame_variables_find(heap->roots.variables, place->frame->pc - 1, &list));
	const struct frame_variable *variable = frame_variables_at(&list, pointer->place,
								   !pointer->conservative);
	if (!variable)
		return NULL;
	uint64_t offset = variable->offset + (uint64_t)(pointer->place - variable->place);
	bool good;
	TRY(has_pointer(heap, variable->type, offset, &good));
	if (!good)
		return NULL;
	place->variable = variable->name;
	place->type = variable->type;
	place->offset = offset;
	return NULL;
}

struct error *heap_frame_place(const struct heap *heap, const struct heap_root *root,
			       const struct heap_root_pointer *pointer,
			       struct heap_frame_place *ret)
{
	*ret = (struct heap_frame_place){ 0 };
	if (root->kind != HEAP_ROOT_GOROUTINE || root->goroutine == HEAP_NO_GOROUTINE ||
	    pointer->frame == HEAP_NO_FRAME)
		return NULL;
	ret->frame = find_frame(&heap->roots.goroutines->list.items[root->goroutine],
				pointer->frame);
	return ret->frame && ret->frame->pc ? find_variable(heap, pointer, ret) : NULL;
}

static struct error *name_in_frame(const struct heap *heap, const struct heap_root *root,
				   const struct heap_root_pointer *pointer, struct writer *writer)
{
	struct heap_frame_place place;
	TRY(heap_frame_place(heap, root, pointer, &place));
	if (place.variable)
		variables_path(heap->roots.variables, place.type, place.offset, writer);
	return NULL;
}

struct error *heap_edge_name(struct heap_edge_names *names, uint32_t vertex, uint32_t position,
			     struct writer *writer)
{
	const struct heap *heap = names->heap;
	const struct heap_root *root = heap_vertex_root(heap, vertex);
	const struct heap_root_pointer *pointer = heap_root_edge(heap, vertex, position);
	if (!root)
		return name_in_object(names, vertex, position, writer);
	if (root->through)
		return name_through(names, root, position, writer);
	if (pointer && root->kind == HEAP_ROOT_GLOBAL)
		name_in_global(heap, root, pointer, writer);
	else if (pointer)
		return name_in_frame(heap, root, pointer, writer);
	return NULL;
}

bool heap_form_is_map_piece(enum heap_form form)
{
	switch (form) {
	case HEAP_MAP_DIRECTORY:
	case HEAP_MAP_TABLE:
	case HEAP_MAP_GROUPS:
	case HEAP_MAP_BUCKETS:
	case HEAP_MAP_EXTRA:
	case HEAP_MAP_OVERFLOW:
	case HEAP_MAP_OVERFLOW_LIST:
		return true;
	default:
		return false;
	}
}

bool heap_is_map_piece(const struct heap *heap, uint32_t vertex)
{
	struct heap_type type;
	if (vertex >= heap->scan.graph.object_count ||
	    heap_object_type(heap, vertex) == HEAP_TYPE_UNKNOWN)
		return false;
	heap_types_get(heap->types, heap_object_type(heap, vertex), &type);
	return heap_form_is_map_piece(type.form);
}

uint32_t heap_map_of_piece(const struct heap *heap, uint32_t vertex)
{
	const struct dominators *dominators = &heap->dominators;
	struct heap_type type;
	for (int i = 0; i < PIECES_MAX && heap_is_map_piece(heap, vertex); i++) {
		uint32_t number = dominators->numbers[vertex];
		if (number == VERTEX_NONE || !dominators->parents[number])
			return VERTEX_NONE;
		vertex = dominators->vertices[dominators->parents[number]];
	}
	if (vertex >= heap->scan.graph.object_count ||
	    heap_object_type(heap, vertex) == HEAP_TYPE_UNKNOWN)
		return VERTEX_NONE;
	heap_types_get(heap->types, heap_object_type(heap, vertex), &type);
	return type.form == HEAP_MAP ? vertex : VERTEX_NONE;
}

/* "[11].value.name" of a map's group is "[value].name" of the map. */
static void write_in_map(const char *name, struct writer *writer)
{
	static const char *const parts[] = { "key", "value" };
	const char *rest = *name == '[' ? strchr(name, ']') : NULL;
	for (size_t i = 0; rest && i < ARRAY_SIZE(parts); i++) {
		size_t length = strlen(parts[i]);
		if (rest[1] != '.' || strncmp(rest + 2, parts[i], length) != 0)
			continue;
		writer_printf(writer, "[%s]%s", parts[i], rest + 2 + length);
		return;
	}
	writer_string(writer, name);
}

struct error *heap_edge_word(struct heap_edge_names *names, uint32_t vertex, uint32_t position,
			     bool all, struct writer *writer)
{
	struct writer name = WRITER_TO_MEMORY;
	if (all || !heap_is_map_piece(names->heap, vertex))
		return heap_edge_name(names, vertex, position, writer);
	struct error *error = heap_edge_name(names, vertex, position, &name);
	const char *text = error ? NULL : writer_text(&name);
	if (text)
		write_in_map(text, writer);
	else if (!error)
		error = error_no_memory();
	writer_deinit(&name);
	return error;
}

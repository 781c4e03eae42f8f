/* SPDX-License-Identifier: Apache-2.0 */
#include "report/heap_members.h"

#include "heap/edge_names.h"

void member_heap_totals(struct json *json, const struct heap_totals *totals)
{
	json_key(json, "heap");
	json_object_begin(json);
	json_member_unsigned(json, "objects", totals->objects);
	json_member_unsigned(json, "bytes", totals->bytes);
	json_member_unsigned(json, "reachable_objects", totals->reachable_objects);
	json_member_unsigned(json, "reachable_bytes", totals->reachable_bytes);
	json_member_unsigned(json, "typed_bytes", totals->typed_bytes);
	json_member_unsigned(json, "garbage_objects", totals->objects - totals->reachable_objects);
	json_member_unsigned(json, "garbage_bytes", totals->bytes - totals->reachable_bytes);
	json_object_end(json);
}

struct error *members_heap_type(const struct heap *heap, uint32_t type, uint16_t shape_number,
				struct json *json)
{
	const char *name = NULL;
	if (type != HEAP_TYPE_UNKNOWN)
		TRY(heap_types_name(heap->types, type, &name));
	json_member_string(json, "type", name);
	if (name)
		return NULL;
	const struct heap_shape *shape = &heap->scan.shape_list.list[shape_number];
	json_member_unsigned(json, "size_class", shape->size);
	if (shape->kind == SHAPE_POINTERS || shape->kind == SHAPE_DATA)
		json_member_unsigned(json, "pointers", (unsigned)__builtin_popcountll(shape->mask));
	else
		json_member_null(json, "pointers");
	return NULL;
}

void members_heap_root(const struct heap *heap, const struct heap_root *root, struct json *json)
{
	json_member_string(json, "kind", heap_root_kind_name(root->kind));
	json_member_string(json, "name", root->name);
	json_member_string(json, "used_by", root->user);
	json_member_address(json, "address", root->address);
	if (root->goroutine == HEAP_NO_GOROUTINE)
		json_member_null(json, "goroutine");
	else
		json_member_unsigned(json, "goroutine",
				     heap->roots.goroutines->list.items[root->goroutine].id);
}

struct error *members_heap_object(const struct heap *heap, uint32_t vertex, struct json *json)
{
	TRY(members_heap_type(heap, heap_object_type(heap, vertex), heap->scan.shapes[vertex],
			      json));
	json_member_address(json, "address", heap_value_address(heap, vertex));
	json_member_unsigned(json, "bytes", heap_object_size(heap, vertex));
	return NULL;
}

struct error *members_heap_vertex(const struct heap *heap, uint32_t vertex, struct json *json)
{
	const struct heap_root *root = heap_vertex_root(heap, vertex);
	json_key(json, "root");
	if (!root) {
		json_null(json);
		return members_heap_object(heap, vertex, json);
	}
	json_object_begin(json);
	members_heap_root(heap, root, json);
	json_object_end(json);
	return NULL;
}

void members_heap_holder(const struct heap *heap, const struct heap_holder *holder,
			 struct json *json)
{
	const struct heap_root *root = heap_vertex_root(heap, holder->example);
	if (root) {
		members_heap_root(heap, root, json);
		return;
	}
	json_member_string(json, "kind", "shared");
	json_member_null(json, "name");
	json_member_null(json, "goroutine");
}

void members_heap_moment(struct json *json, uint64_t pause_ns, uint64_t fork_ns)
{
	json_key(json, "pause_ms");
	json_number(json, (double)pause_ns / 1e6);
	json_key(json, "fork_ms");
	json_number(json, (double)fork_ns / 1e6);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "report/heap_members.h"

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

/* SPDX-License-Identifier: Apache-2.0 */
#include "report/heap_report.h"

/* The contract is docs/json.md: keys are added, never changed. */

static void member_totals(struct json *json, const struct heap_totals *totals)
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

static struct error *write_type(const struct heap_report *report, const struct heap_group *group,
				struct json *json)
{
	const char *name = NULL;
	if (group->type != HEAP_TYPE_UNKNOWN)
		TRY(heap_types_name(report->heap->types, group->type, &name));
	json_object_begin(json);
	json_member_string(json, "type", name);
	json_member_unsigned(json, "count", group->count);
	json_member_unsigned(json, "bytes", group->bytes);
	json_member_unsigned(json, "retained", group->retained);
	if (group->type == HEAP_TYPE_UNKNOWN) {
		const struct heap_shape *shape = &report->heap->scan.shape_list.list[group->shape];
		json_member_unsigned(json, "size_class", shape->size);
		if (shape->kind == SHAPE_POINTERS || shape->kind == SHAPE_DATA)
			json_member_unsigned(json, "pointers",
					     (unsigned)__builtin_popcountll(shape->mask));
		else
			json_member_null(json, "pointers");
	}
	json_object_end(json);
	return NULL;
}

struct error *heap_json(const struct heap_report *report, struct writer *writer)
{
	struct json json = JSON_INTO(writer);
	json_object_begin(&json);
	subject_json(report->subject, &json);
	json_key(&json, "pause_ms");
	json_number(&json, (double)report->pause_ns / 1e6);
	json_key(&json, "fork_ms");
	json_number(&json, (double)report->fork_ns / 1e6);
	member_totals(&json, report->totals);
	json_key(&json, "types");
	json_array_begin(&json);
	for (size_t i = 0; i < report->types->count && i < report->limit; i++)
		TRY(write_type(report, &report->types->items[i], &json));
	json_array_end(&json);
	json_object_end(&json);
	writer_char(writer, '\n');
	return NULL;
}

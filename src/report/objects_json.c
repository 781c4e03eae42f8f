/* SPDX-License-Identifier: Apache-2.0 */
#include "report/heap_members.h"
#include "report/objects_report.h"
#include "report/why_report.h"

static struct error *write_object(const struct objects_report *report,
				  const struct heap_listed *one, struct json *json)
{
	const struct heap_root *root = one->top != VERTEX_NONE
					       ? heap_vertex_root(report->heap, one->top)
					       : NULL;
	json_object_begin(json);
	TRY(members_heap_object(report->heap, one->vertex, json));
	json_member_unsigned(json, "retained", one->retained);
	json_key(json, "holder");
	if (root) {
		json_object_begin(json);
		members_heap_root(report->heap, root, json);
		json_object_end(json);
	} else {
		json_null(json);
	}
	json_object_end(json);
	return NULL;
}

struct error *objects_json(const struct objects_report *report, struct writer *writer)
{
	struct json json = JSON_INTO(writer);
	const struct heap_objects *objects = report->objects;
	json_object_begin(&json);
	subject_json(report->subject, &json);
	members_heap_moment(&json, report->pause_ns, report->fork_ns);
	json_member_string(&json, "type", objects->query.name);
	json_member_unsigned(&json, "count", objects->query.count);
	json_member_string(&json, "where", report->condition);
	json_member_unsigned(&json, "matched", objects->vertices.count);
	json_member_unsigned(&json, "matched_bytes", objects->bytes);
	json_member_unsigned(&json, "unreadable", objects->unreadable);
	json_member_string(&json, "sort", report->order);
	json_key(&json, "objects");
	json_array_begin(&json);
	for (size_t i = 0; i < objects->listed.count; i++)
		TRY(write_object(report, &objects->listed.items[i], &json));
	json_array_end(&json);
	json_object_end(&json);
	writer_char(writer, '\n');
	return NULL;
}

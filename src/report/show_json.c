/* SPDX-License-Identifier: Apache-2.0 */
#include "report/heap_members.h"
#include "report/show_report.h"
#include "report/why_report.h"

static bool leads(enum type_kind kind)
{
	return kind == TYPE_POINTER || kind == TYPE_UNSAFE_POINTER || kind == TYPE_MAP ||
	       kind == TYPE_CHAN || kind == TYPE_FUNC || kind == TYPE_INTERFACE ||
	       kind == TYPE_SLICE || kind == TYPE_STRING;
}

/* Numbers as such; complex ones as a pair. What leads elsewhere has no value but that. */
static void write_value(const struct heap_field *field, struct json *json)
{
	if (!field->known || leads(field->kind) || field->kind == TYPE_ARRAY) {
		json_null(json);
	} else if (field->kind == TYPE_BOOL) {
		json_bool(json, field->number != 0);
	} else if (field->kind == TYPE_FLOAT32 || field->kind == TYPE_FLOAT64) {
		json_exact_number(json, field->real);
	} else if (field->kind == TYPE_COMPLEX64 || field->kind == TYPE_COMPLEX128) {
		json_array_begin(json);
		json_exact_number(json, field->real);
		json_exact_number(json, field->imaginary);
		json_array_end(json);
	} else if (field->kind >= TYPE_INT && field->kind <= TYPE_INT64) {
		json_signed(json, field->number);
	} else {
		json_unsigned(json, (uint64_t)field->number);
	}
}

static struct error *members_target(const struct heap *heap, const struct heap_field *field,
				    struct json *json)
{
	json_key(json, "to");
	if (!field->known || !field->address || !leads(field->kind)) {
		json_null(json);
		return NULL;
	}
	json_object_begin(json);
	json_member_address(json, "address", field->address);
	json_key(json, "object");
	if (field->vertex == VERTEX_NONE) {
		json_null(json);
	} else {
		json_object_begin(json);
		TRY(members_heap_object(heap, field->vertex, json));
		json_object_end(json);
	}
	json_object_end(json);
	return NULL;
}

static void member_length(struct json *json, const char *key, bool there, uint64_t length)
{
	if (there)
		json_member_unsigned(json, key, length);
	else
		json_member_null(json, key);
}

static struct error *write_field(const struct heap *heap, const struct heap_field *field,
				 struct json *json)
{
	bool measured = field->known && field->measured;
	json_object_begin(json);
	json_member_string(json, "field", field->path);
	json_member_string(json, "type", field->type);
	json_member_bool(json, "known", field->known);
	json_key(json, "value");
	write_value(field, json);
	json_key(json, "nil");
	if (field->known && leads(field->kind) && field->kind != TYPE_STRING)
		json_bool(json, field->is_nil);
	else
		json_null(json);
	member_length(json, "length", measured, field->length);
	member_length(json, "capacity",
		      measured && (field->kind == TYPE_SLICE || field->kind == TYPE_CHAN),
		      field->capacity);
	json_member_string(json, "dynamic", field->dynamic);
	TRY(members_target(heap, field, json));
	json_key(json, "data");
	if (field->data)
		json_bytes(json, field->data, field->data_length);
	else
		json_null(json);
	json_object_end(json);
	return NULL;
}

static struct error *write_fields(const struct show_report *report, struct json *json)
{
	const struct heap_field_vector *list = &report->fields->list;
	json_key(json, "fields");
	json_array_begin(json);
	for (size_t i = 0; i < list->count; i++)
		TRY(write_field(report->names->heap, &list->items[i], json));
	json_array_end(json);
	json_member_bool(json, "fields_cut", report->fields->cut);
	return NULL;
}

static struct error *write_holder(const struct show_report *report,
				  const struct heap_incoming_edge *edge, struct json *json)
{
	const struct heap *heap = report->names->heap;
	uint32_t map = heap_is_map_piece(heap, edge->vertex) ? heap_map_of_piece(heap, edge->vertex)
							     : VERTEX_NONE;
	uint32_t vertex = map != VERTEX_NONE ? map : edge->vertex;
	struct writer field = WRITER_TO_MEMORY;
	struct error *error = heap_edge_word(report->names, edge->vertex, edge->position,
					     map == VERTEX_NONE, &field);
	const char *text = writer_text(&field);
	json_object_begin(json);
	json_member_string(json, "field", text);
	writer_deinit(&field);
	TRY(error);
	TRY(members_heap_vertex(heap, vertex, json));
	json_object_end(json);
	return NULL;
}

static struct error *write_object(const struct show_report *report, struct json *json)
{
	const struct heap *heap = report->names->heap;
	const struct heap_incoming *holders = report->holders;
	json_key(json, "object");
	if (report->query->kind != HEAP_QUERY_OBJECT) {
		json_null(json);
		return NULL;
	}
	json_object_begin(json);
	TRY(members_heap_object(heap, report->query->vertex, json));
	json_key(json, "size");
	if (report->fields->size)
		json_unsigned(json, report->fields->size);
	else
		json_null(json);
	json_member_unsigned(json, "retained", heap_retained(heap, report->query->vertex));
	json_member_bool(json, "reachable", heap_is_reached(heap, report->query->vertex));
	json_member_bool(json, "readable", !report->fields->unreadable);
	TRY(write_fields(report, json));
	json_key(json, "holders");
	json_array_begin(json);
	for (size_t i = 0; i < holders->list.count; i++)
		TRY(write_holder(report, &holders->list.items[i], json));
	json_array_end(json);
	json_member_unsigned(json, "holder_count", holders->count);
	json_object_end(json);
	return NULL;
}

struct error *show_json(const struct show_report *report, struct writer *writer)
{
	static const char *const places[] = {
		[HEAP_QUERY_OBJECT] = "object",   [HEAP_QUERY_TYPE] = "type",
		[HEAP_QUERY_ROOT] = "root",       [HEAP_QUERY_FREE] = "free",
		[HEAP_QUERY_OUTSIDE] = "outside",
	};
	struct json json = JSON_INTO(writer);
	json_object_begin(&json);
	subject_json(report->subject, &json);
	members_heap_moment(&json, report->pause_ns, report->fork_ns);
	json_member_address(&json, "asked", report->query->address);
	json_member_string(&json, "found", places[report->query->kind]);
	TRY(write_object(report, &json));
	json_object_end(&json);
	writer_char(writer, '\n');
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "report/heap_members.h"
#include "report/members.h"
#include "report/why_report.h"

/* The contract is docs/json.md: keys are added, never changed. */

/* Of a longer list the middle is left out, unless all of it is wanted. */
#define STEPS_AT_EACH_END 500

static const char *const kinds[] = {
	[HEAP_QUERY_OBJECT] = "object",   [HEAP_QUERY_TYPE] = "type",
	[HEAP_QUERY_ROOT] = "root",       [HEAP_QUERY_FREE] = "free",
	[HEAP_QUERY_OUTSIDE] = "outside",
};

static struct error *write_what(const struct why_report *report, struct json *json)
{
	const struct heap_why *why = report->why;
	const struct heap_query *query = &why->query;
	json_key(json, "what");
	json_object_begin(json);
	json_member_string(json, "asked", report->what);
	json_member_string(json, "found", kinds[query->kind]);
	if (query->kind == HEAP_QUERY_ROOT) {
		members_heap_root(why->heap, heap_vertex_root(why->heap, query->vertex), json);
	} else if (query->kind == HEAP_QUERY_OBJECT) {
		TRY(members_heap_object(why->heap, query->vertex, json));
		json_member_bool(json, "reachable", heap_is_reached(why->heap, query->vertex));
	} else if (query->kind == HEAP_QUERY_TYPE) {
		json_member_string(json, "type", query->name);
		json_member_unsigned(json, "count", query->count);
		json_member_unsigned(json, "bytes", why->bytes);
	} else {
		json_member_address(json, "address", query->address);
	}
	json_member_unsigned(json, "retained", why->retained);
	json_object_end(json);
	return NULL;
}

static struct error *write_root(const struct why_report *report, const struct heap_path *path,
				struct json *json)
{
	const struct heap *heap = report->why->heap;
	struct heap_frame_place place;
	TRY(why_path_frame(report->why, path, &place));
	json_key(json, "root");
	json_object_begin(json);
	members_heap_root(heap, heap_vertex_root(heap, path->steps.items[0].vertex), json);
	json_key(json, "frame");
	if (!place.frame) {
		json_null(json);
	} else {
		json_object_begin(json);
		members_place(json, place.frame->function, place.frame->file, place.frame->line);
		json_member_string(json, "variable", place.variable);
		json_object_end(json);
	}
	json_object_end(json);
	return NULL;
}

static struct error *write_step(const struct why_report *report, const struct heap_path *path,
				size_t index, struct json *json)
{
	struct heap_why *why = report->why;
	struct writer field = WRITER_TO_MEMORY;
	struct error *error = heap_why_field(why, path, index, report->all, &field);
	const char *text = error ? NULL : writer_text(&field);
	if (!error && !text)
		error = error_no_memory();
	if (!error) {
		json_object_begin(json);
		json_member_string(json, "field", text);
		error = members_heap_object(why->heap, path->steps.items[index].vertex, json);
	}
	if (!error) {
		json_member_unsigned(json, "freed",
				     heap_path_freed(&why->heap->dominators, path, index));
		json_object_end(json);
	}
	writer_deinit(&field);
	return error;
}

static void members_elided(const struct heap_shown_path *shown, struct json *json)
{
	json_member_unsigned(json, "elided", shown->left_out);
	if (shown->left_out)
		json_member_unsigned(json, "elided_after", STEPS_AT_EACH_END);
	else
		json_member_null(json, "elided_after");
}

static struct error *write_path(const struct why_report *report, const struct heap_path *path,
				const struct heap_shown_path *shown, struct json *json)
{
	json_object_begin(json);
	TRY(write_root(report, path, json));
	json_key(json, "steps");
	json_array_begin(json);
	for (size_t i = 0; i < shown->steps.count; i++)
		TRY(write_step(report, path, shown->steps.items[i].index, json));
	json_array_end(json);
	members_elided(shown, json);
	json_object_end(json);
	return NULL;
}

static struct error *write_paths(const struct why_report *report, struct json *json)
{
	static const struct heap_path_cut cut = {
		.most = 2 * STEPS_AT_EACH_END,
		.head = STEPS_AT_EACH_END,
		.tail = STEPS_AT_EACH_END,
	};
	struct heap_why *why = report->why;
	TRY(heap_why_show(why, report->all ? NULL : &cut));
	json_key(json, "paths");
	json_array_begin(json);
	for (uint32_t i = 0; i < why->paths.count; i++)
		TRY(write_path(report, &why->paths.items[i], &why->shown[i], json));
	json_array_end(json);
	return NULL;
}

static struct error *write_dominators(const struct why_report *report, struct json *json)
{
	const struct heap *heap = report->why->heap;
	const size_t count = report->why->dominator_count;
	json_key(json, "dominators");
	json_array_begin(json);
	bool cut = !report->all && count > (size_t)2 * HEAP_WHY_ENDS;
	for (size_t i = 0; i < count; i++) {
		if (cut && i == HEAP_WHY_ENDS)
			i = count - HEAP_WHY_ENDS;
		uint32_t vertex = heap_why_dominator(report->why, i);
		json_object_begin(json);
		TRY(members_heap_vertex(heap, vertex, json));
		json_member_unsigned(json, "retained", heap_retained(heap, vertex));
		json_object_end(json);
	}
	json_array_end(json);
	json_member_unsigned(json, "dominator_count", count);
	return NULL;
}

static void write_holder(const struct why_report *report, const struct heap_holder *holder,
			 struct json *json)
{
	json_object_begin(json);
	members_heap_holder(report->why->heap, holder, json);
	json_member_unsigned(json, "members", holder->members);
	json_member_unsigned(json, "count", holder->count);
	json_member_unsigned(json, "bytes", holder->retained);
	json_object_end(json);
}

static void write_holders(const struct why_report *report, struct json *json)
{
	const struct heap_holder_vector *list = &report->why->holders;
	json_key(json, "holders");
	json_array_begin(json);
	for (size_t i = 0; i < list->count && i < report->limit; i++)
		write_holder(report, &list->items[i], json);
	json_array_end(json);
	json_member_unsigned(json, "holder_count", list->count);
}

static struct error *members_held(const struct heap *heap, const struct heap_group *group,
				  struct json *json)
{
	TRY(members_heap_type(heap, group->type, group->shape, json));
	json_member_unsigned(json, "count", group->count);
	json_member_unsigned(json, "bytes", group->bytes);
	json_member_unsigned(json, "retained", group->retained);
	return NULL;
}

static struct error *write_held(const struct why_report *report, struct json *json)
{
	const struct heap_held_vector *list = &report->why->held;
	json_key(json, "holds");
	json_array_begin(json);
	for (size_t i = 0; i < list->count;) {
		json_object_begin(json);
		TRY(members_held(report->why->heap, &list->items[i++].group, json));
		json_key(json, "children");
		json_array_begin(json);
		for (; i < list->count && list->items[i].floor > 1; i++) {
			json_object_begin(json);
			TRY(members_held(report->why->heap, &list->items[i].group, json));
			json_object_end(json);
		}
		json_array_end(json);
		json_object_end(json);
	}
	json_array_end(json);
	return NULL;
}

struct error *why_json(const struct why_report *report, struct writer *writer)
{
	struct json json = JSON_INTO(writer);
	json_object_begin(&json);
	subject_json(report->subject, &json);
	members_heap_moment(&json, report->pause_ns, report->fork_ns);
	TRY(write_what(report, &json));
	TRY(write_paths(report, &json));
	TRY(write_dominators(report, &json));
	if (report->why->query.kind == HEAP_QUERY_TYPE)
		write_holders(report, &json);
	if (report->why->query.kind == HEAP_QUERY_ROOT)
		TRY(write_held(report, &json));
	json_object_end(&json);
	writer_char(writer, '\n');
	return NULL;
}

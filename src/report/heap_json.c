/* SPDX-License-Identifier: Apache-2.0 */
#include "report/heap_faces.h"
#include "report/heap_members.h"
#include "report/heap_report.h"
#include "report/members.h"

/* The contract is docs/json.md: keys are added, never changed. */

static struct error *write_group(const struct heap *heap, const struct heap_group *group,
				 bool retained, struct json *json)
{
	json_object_begin(json);
	TRY(members_heap_type(heap, group->type, group->shape, json));
	json_member_unsigned(json, "count", group->count);
	json_member_unsigned(json, "bytes", group->bytes);
	if (retained && heap->dominators.count)
		json_member_unsigned(json, "retained", group->retained);
	else if (retained)
		json_member_null(json, "retained");
	json_object_end(json);
	return NULL;
}

static struct error *write_types(const struct heap_report *report, struct json *json)
{
	json_key(json, "types");
	json_array_begin(json);
	for (size_t i = 0; i < report->types->count && i < report->limit; i++)
		TRY(write_group(report->heap, &report->types->items[i], true, json));
	json_array_end(json);
	return NULL;
}

/* Where a goroutine stands. */
static void members_goroutine_place(const struct heap_report *report, const struct heap_root *root,
				    struct json *json)
{
	const struct goroutines *goroutines = report->heap->roots.goroutines;
	if (!root || root->goroutine == HEAP_NO_GOROUTINE)
		return;
	struct place place = goroutine_place(&goroutines->list.items[root->goroutine],
					     &report->subject->places);
	members_place(json, place.function, place.file, place.line);
}

static struct error *write_holder(const struct heap_report *report,
				  const struct heap_holder *holder, struct json *json)
{
	json_object_begin(json);
	members_heap_holder(report->heap, holder, json);
	members_goroutine_place(report, heap_vertex_root(report->heap, holder->example), json);
	json_member_unsigned(json, "members", holder->members);
	json_member_unsigned(json, "count", holder->count);
	json_member_unsigned(json, "bytes", holder->retained);
	json_key(json, "children");
	json_array_begin(json);
	for (size_t i = 0; i < holder->part_count; i++)
		TRY(write_group(report->heap, &holder->parts[i], false, json));
	json_array_end(json);
	json_object_end(json);
	return NULL;
}

static struct error *write_holders(const struct heap_report *report, struct json *json)
{
	json_key(json, "holders");
	json_array_begin(json);
	for (size_t i = 0; i < report->holders->list.count && i < report->limit; i++)
		TRY(write_holder(report, &report->holders->list.items[i], json));
	json_array_end(json);
	json_member_unsigned(json, "holder_count", report->holders->total);
	return NULL;
}

static void write_packages(const struct heap_report *report, struct json *json)
{
	json_key(json, "packages");
	json_array_begin(json);
	for (size_t i = 0; i < report->packages->count && i < report->limit; i++) {
		const struct heap_package *package = &report->packages->items[i];
		json_object_begin(json);
		json_member_string(json, "package", *package->path ? package->path : NULL);
		json_member_unsigned(json, "count", package->count);
		json_member_unsigned(json, "bytes", package->bytes);
		json_object_end(json);
	}
	json_array_end(json);
}

static void write_spans(const struct heap_report *report, struct json *json)
{
	json_key(json, "spans");
	json_array_begin(json);
	for (size_t i = 0; i < report->classes->count && i < report->limit; i++) {
		const struct heap_size_class *class = &report->classes->items[i];
		json_object_begin(json);
		json_key(json, "size_class");
		if (class->size)
			json_unsigned(json, class->size);
		else
			json_null(json);
		json_member_bool(json, "pointers", class->pointers);
		json_member_unsigned(json, "spans", class->spans);
		json_member_unsigned(json, "bytes", class->bytes);
		json_member_unsigned(json, "used", class->used);
		json_member_unsigned(json, "reachable", class->reached);
		json_object_end(json);
	}
	json_array_end(json);
}

struct error *heap_json(const struct heap_report *report, struct writer *writer)
{
	struct json json = JSON_INTO(writer);
	json_object_begin(&json);
	subject_json(report->subject, &json);
	members_heap_moment(&json, report->pause_ns, report->fork_ns);
	member_heap_totals(&json, report->totals);
	if (report->fill)
		heap_fill_json(report, &json);
	if (report->values)
		heap_values_json(report, &json);
	if (report->sites)
		TRY(heap_sites_json(report, &json));
	if (report->allocators)
		TRY(heap_allocators_json(report, &json));
	else if (report->types)
		TRY(write_types(report, &json));
	if (report->holders)
		TRY(write_holders(report, &json));
	if (report->packages)
		write_packages(report, &json);
	if (report->classes)
		write_spans(report, &json);
	json_object_end(&json);
	writer_char(writer, '\n');
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "report/heap_faces.h"
#include "report/heap_members.h"
#include "report/members.h"

static void member_stack(const struct heap_site *site, struct json *json)
{
	json_key(json, "stack");
	json_array_begin(json);
	for (uint32_t i = 0; i < site->depth; i++) {
		json_object_begin(json);
		members_place(json, site->frames[i].function, site->frames[i].file,
			      site->frames[i].line);
		json_object_end(json);
	}
	json_array_end(json);
}

static struct error *member_types(const struct heap_report *report, const struct heap_site *site,
				  struct json *json)
{
	json_key(json, "types");
	json_array_begin(json);
	for (size_t i = 0; i < site->part_count; i++) {
		const struct heap_group *part = &site->parts[i];
		json_object_begin(json);
		TRY(members_heap_type(report->heap, part->type, part->shape, json));
		json_member_unsigned(json, "count", part->count);
		json_member_unsigned(json, "bytes", part->bytes);
		json_object_end(json);
	}
	json_array_end(json);
	return NULL;
}

static struct error *write_site(const struct heap_report *report, const struct heap_site *site,
				struct json *json)
{
	const struct heap_site_frame *place = heap_site_place(site, &report->subject->places);
	json_object_begin(json);
	members_place(json, place ? place->function : NULL, place ? place->file : NULL,
		      place ? place->line : 0);
	json_member_unsigned(json, "count", (uint64_t)(site->count + 0.5));
	json_member_unsigned(json, "bytes", (uint64_t)(site->bytes + 0.5));
	json_member_unsigned(json, "samples", site->sampled);
	json_member_unsigned(json, "profile_count", (uint64_t)(site->profile_count + 0.5));
	json_member_unsigned(json, "profile_bytes", (uint64_t)(site->profile_bytes + 0.5));
	member_stack(site, json);
	TRY(member_types(report, site, json));
	json_object_end(json);
	return NULL;
}

struct error *heap_sites_json(const struct heap_report *report, struct json *json)
{
	const struct heap_sites *sites = report->sites;
	json_key(json, "sample_rate");
	if (sites->rate_known)
		json_unsigned(json, sites->rate);
	else
		json_null(json);
	json_member_unsigned(json, "samples", sites->sampled);
	json_key(json, "sites");
	json_array_begin(json);
	for (size_t i = 0; i < sites->list.count && i < report->limit; i++)
		TRY(write_site(report, &sites->list.items[i], json));
	json_array_end(json);
	return NULL;
}

struct error *heap_allocators_json(const struct heap_report *report, struct json *json)
{
	json_key(json, "may_be_allocated_at");
	json_array_begin(json);
	for (size_t i = 0; i < report->types->count && i < report->limit; i++) {
		const struct heap_group *group = &report->types->items[i];
		size_t count = 0;
		const struct heap_allocator *places =
			group->type ? heap_allocators_of(report->allocators, group->type, &count)
				    : NULL;
		json_object_begin(json);
		TRY(members_heap_type(report->heap, group->type, group->shape, json));
		json_member_unsigned(json, "count", group->count);
		json_member_unsigned(json, "bytes", group->bytes);
		json_key(json, "places");
		json_array_begin(json);
		for (size_t k = 0; k < count; k++) {
			json_object_begin(json);
			members_place(json, places[k].function, places[k].file, places[k].line);
			json_object_end(json);
		}
		json_array_end(json);
		json_object_end(json);
	}
	json_array_end(json);
	return NULL;
}

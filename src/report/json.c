/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "report/diagnosis.h"
#include "report/memory_report.h"

/* The contract is docs/json.md: keys are added, never changed. */

static void member_signed(struct json *json, const char *key, int64_t value, bool known)
{
	json_key(json, key);
	if (known)
		json_signed(json, value);
	else
		json_null(json);
}

static void members_place(struct json *json, const struct place *place)
{
	bool known = place->file && strcmp(place->file, "?") != 0;
	json_member_string(json, "function", place->function);
	json_member_string(json, "file", known ? place->file : NULL);
	member_signed(json, "line", place->line, place->line > 0);
}

static void member_created_by(struct json *json, const struct place *place)
{
	json_key(json, "created_by");
	if (!place->function) {
		json_null(json);
		return;
	}
	json_object_begin(json);
	members_place(json, place);
	json_object_end(json);
}

static void write_finding(struct json *json, const struct finding *finding)
{
	const struct rule *rule = rules_get(finding->rule);
	json_object_begin(json);
	json_member_string(json, "code", rule->code);
	json_member_string(json, "rule", rule->name);
	json_member_string(json, "certainty", certainty_name(finding->certainty));
	json_member_string(json, "title", finding->title);
	json_member_unsigned(json, "count", finding->count);
	member_signed(json, "bytes", finding->bytes, finding->bytes >= 0);
	members_place(json, &finding->place);
	member_created_by(json, &finding->created_by);
	json_member_string(json, "state", finding->state);
	member_signed(json, "wait_s", finding->wait_max_ns / 1000000000, finding->wait_max_ns >= 0);
	member_signed(json, "growth_per_hour", finding->growth_per_hour,
		      finding->growth_per_hour != INT64_MIN);
	json_key(json, "path");
	json_array_begin(json);
	for (size_t i = 0; i < finding->path_count; i++)
		json_string(json, finding->path[i]);
	json_array_end(json);
	json_member_string(json, "why", finding->why);
	json_member_string(json, "settle", finding->settle);
	json_key(json, "fix");
	json_object_begin(json);
	json_member_string(json, "text", finding->fix);
	json_member_string(json, "diff", finding->diff);
	json_object_end(json);
	json_key(json, "example");
	if (finding->example)
		json_unsigned(json, finding->example->id);
	else
		json_null(json);
	json_object_end(json);
}

static void member_heap(struct json *json, const struct runtime_counters *counters)
{
	json_key(json, "heap");
	json_object_begin(json);
	json_member_null(json, "objects");
	bool known = counters && counters->heap_allocated >= 0;
	member_signed(json, "bytes", known ? counters->heap_allocated : 0, known);
	json_member_null(json, "reachable_bytes");
	json_object_end(json);
}

void diagnosis_json(const struct diagnosis *diagnosis, struct writer *writer)
{
	struct json json = JSON_INTO(writer);
	json_object_begin(&json);
	subject_json(diagnosis->subject, &json);
	subject_goroutines_json(diagnosis->goroutines, false, &json);
	member_heap(&json, diagnosis->counters);
	if (diagnosis->memory)
		memory_json(diagnosis->memory, &json);
	else
		json_member_null(&json, "memory");
	json_key(&json, "findings");
	json_array_begin(&json);
	for (size_t i = 0; i < diagnosis->findings->list.count; i++)
		write_finding(&json, &diagnosis->findings->list.items[i]);
	json_array_end(&json);
	json_object_end(&json);
	writer_char(writer, '\n');
}

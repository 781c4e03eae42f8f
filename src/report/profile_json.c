/* SPDX-License-Identifier: Apache-2.0 */
#include "report/profile_report.h"

#include "report/members.h"

static void member_text(struct json *json, const char *key, const struct profile *profile,
			uint32_t text)
{
	struct profile_text bytes = profile_text(profile, text);
	json_key(json, key);
	json_bytes(json, bytes.bytes, bytes.length);
}

static void member_types(struct json *json, const struct profile_look *look)
{
	const struct profile *now = look->evidence.now;
	json_key(json, "types");
	json_array_begin(json);
	for (uint32_t i = 0; i < now->type_count; i++) {
		json_object_begin(json);
		member_text(json, "type", now, now->types[i].type);
		member_text(json, "unit", now, now->types[i].unit);
		json_member_signed(json, "total", look->evidence.sites.totals[i]);
		json_key(json, "before");
		if (look->evidence.before)
			json_signed(json, look->evidence.sites_before.totals[i]);
		else
			json_null(json);
		json_object_end(json);
	}
	json_array_end(json);
}

static void member_top(struct json *json, const char *key, const struct profile_top *top)
{
	json_key(json, key);
	json_array_begin(json);
	for (uint32_t i = 0; i < top->count; i++) {
		json_object_begin(json);
		json_member_string(json, "function", top->rows[i].name);
		json_member_signed(json, "flat", top->rows[i].flat);
		json_member_signed(json, "cum", top->rows[i].cum);
		json_object_end(json);
	}
	json_array_end(json);
}

void profile_json(const struct profile_look *look, struct json *json)
{
	const struct profile *now = look->evidence.now;
	json_key(json, "profile");
	json_object_begin(json);
	json_member_string(json, "of", profile_subject_name(look->evidence.subject));
	json_member_unsigned(json, "samples", now->sample_count);
	json_member_known(json, "time_unix_ns", now->time_ns > 0 ? now->time_ns : -1);
	json_member_known(json, "duration_ns", now->duration_ns > 0 ? now->duration_ns : -1);
	json_member_known(json, "between_ns", look->evidence.elapsed_ns);
	member_types(json, look);
	json_key(json, "shown");
	if (now->type_count)
		json_unsigned(json, look->shown);
	else
		json_null(json);
	member_top(json, "flat", &look->flat);
	member_top(json, "cumulative", &look->cumulative);
	json_object_end(json);
}

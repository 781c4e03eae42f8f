/* SPDX-License-Identifier: Apache-2.0 */
#include "report/memory_report.h"

static void cgroup_json(const struct memory_cgroup *cgroup, struct json *json)
{
	json_key(json, "cgroup");
	if (!cgroup->path[0]) {
		json_null(json);
		return;
	}
	json_object_begin(json);
	json_member_string(json, "path", cgroup->path);
	json_member_known(json, "limit", cgroup->limit);
	json_member_known(json, "used", cgroup->used);
	json_member_known(json, "page_cache", cgroup->page_cache);
	json_member_known(json, "kernel", cgroup->kernel);
	json_object_end(json);
}

void memory_json(const struct runtime_memory *memory, struct json *json)
{
	json_key(json, "memory");
	json_object_begin(json);
	json_member_signed(json, "resident", memory->resident);
	json_member_known(json, "swapped", memory->swapped);
	json_member_known(json, "peak", memory->peak);
	json_key(json, "parts");
	json_object_begin(json);
	for (int i = 0; i < MEMORY_PART_COUNT; i++)
		json_member_signed(json, memory_part_key(i), memory->parts[i]);
	json_object_end(json);
	cgroup_json(&memory->cgroup, json);
	json_object_end(json);
}

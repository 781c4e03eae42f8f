/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "report/ps_report.h"

static void process_json(const struct ps_process *process, struct json *json)
{
	json_object_begin(json);
	json_member_signed(json, "pid", process->pid);
	json_member_string(json, "name", process->name);
	json_member_string(json, "exe", process->executable);
	json_member_string(json, "command", process->command);
	json_member_string(json, "go", process->release);
	json_member_unsigned(json, "uid", process->uid);
	json_member_signed(json, "uptime_s", process->age_ns / 1000000000);
	json_member_signed(json, "resident", process->resident);
	json_member_known(json, "goroutine_count", process->goroutines);
	json_member_bool(json, "replaced", process->replaced);
	json_member_bool(json, "deleted", process->deleted);
	json_object_end(json);
}

void ps_json(const struct ps_report *report, struct writer *writer)
{
	struct json json = JSON_INTO(writer);
	json_object_begin(&json);
	json_member_unsigned(&json, "dowse", 1);
	json_key(&json, "processes");
	json_array_begin(&json);
	for (size_t i = 0; i < report->processes.count; i++)
		process_json(&report->processes.items[i], &json);
	json_array_end(&json);
	json_member_unsigned(&json, "unseen", report->unseen);
	json_member_unsigned(&json, "closed", report->closed);
	json_object_end(&json);
	writer_char(writer, '\n');
}

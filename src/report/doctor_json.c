/* SPDX-License-Identifier: Apache-2.0 */
#include "report/doctor_report.h"
#include "runtime/globals.h"

static void capabilities_json(uint64_t set, const char *key, struct json *json)
{
	json_key(json, key);
	json_array_begin(json);
	for (unsigned i = 0; i < 64 && permission_capability_name(i); i++) {
		if (set >> i & 1)
			json_string(json, permission_capability_name(i));
	}
	json_array_end(json);
}

static void self_json(const struct doctor_report *report, struct json *json)
{
	const struct permission_self *self = report->self;
	json_key(json, "self");
	json_object_begin(json);
	json_member_string(json, "kernel", report->kernel);
	json_member_string(json, "machine", report->machine);
	json_member_unsigned(json, "uid", self->uid);
	capabilities_json(self->capabilities, "capabilities", json);
	json_member_bool(json, "can_trace_all", self->can_trace_all);
	json_member_known(json, "ptrace_scope", self->ptrace_scope);
	json_member_known(json, "seccomp", self->seccomp);
	json_member_string(json, "security_module",
			   self->security_module[0] ? self->security_module : NULL);
	json_object_end(json);
}

/* An object with more members to come: the caller ends it. */
static void answer_begin(const char *key, bool allowed, const char *reason, struct json *json)
{
	json_key(json, key);
	json_object_begin(json);
	json_member_bool(json, "allowed", allowed);
	json_member_string(json, "reason", allowed || !reason[0] ? NULL : reason);
}

static void pause_members(uint64_t estimated_ns, const struct doctor_trial *trial,
			  struct json *json)
{
	json_key(json, "estimated_pause_ms");
	json_number(json, (double)estimated_ns / 1e6);
	json_key(json, "pause_ms");
	if (trial->made && !trial->problem)
		json_number(json, (double)trial->pause.nanoseconds / 1e6);
	else
		json_null(json);
	json_member_string(json, "problem", trial->made ? trial->problem : NULL);
}

static void process_json(const struct doctor_report *report, struct json *json)
{
	const struct process_permission *process = report->process;
	json_key(json, "process");
	json_object_begin(json);
	json_member_unsigned(json, "uid", process->facts.uid);
	capabilities_json(process->facts.capabilities, "capabilities", json);
	json_member_known(json, "seccomp", process->facts.seccomp);
	json_member_unsigned(json, "threads", process->facts.threads);
	json_member_bool(json, "other_pid_namespace", process->other_pid_namespace);
	json_member_bool(json, "other_mount_namespace", process->other_mount_namespace);
	json_member_bool(json, "other_user_namespace", process->other_user_namespace);
	answer_begin("read", process->read == PERMISSION_GRANTED, process->read_reason, json);
	json_object_end(json);
	answer_begin("stop", process->stop == PERMISSION_GRANTED, process->stop_reason, json);
	pause_members(process->stop_pause_ns, &report->stop, json);
	json_object_end(json);
	answer_begin("fork", process->can_fork, process->fork_reason, json);
	json_member_unsigned(json, "bytes", process->fork_bytes);
	pause_members(process->fork_pause_ns, &report->fork, json);
	json_object_end(json);
	json_member_known(json, "headroom",
			  process->headroom > INT64_MAX ? -1 : (int64_t)process->headroom);
	json_member_string(json, "headroom_path",
			   process->headroom_path[0] ? process->headroom_path : NULL);
	json_member_string(json, "command", process->command[0] ? process->command : NULL);
	json_object_end(json);
}

/* Where the runtime's structures were found. */
static void runtime_json(const struct doctor_report *report, struct json *json)
{
	json_key(json, "runtime");
	json_object_begin(json);
	json_member_string(json, "problem", report->runtime_problem);
	json_key(json, "globals");
	json_object_begin(json);
	for (int i = 0; report->globals && i < GLOBAL_COUNT; i++) {
		json_member_address(json, runtime_global_name(i), report->globals[i]);
	}
	json_object_end(json);
	json_object_end(json);
}

void doctor_json(const struct doctor_report *report, struct writer *writer)
{
	struct json json = JSON_INTO(writer);
	json_object_begin(&json);
	if (report->process)
		subject_json(report->subject, &json);
	else
		json_member_unsigned(&json, "dowse", 1);
	self_json(report, &json);
	if (report->process) {
		process_json(report, &json);
		runtime_json(report, &json);
	}
	json_object_end(&json);
	writer_char(writer, '\n');
}

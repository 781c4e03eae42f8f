/* SPDX-License-Identifier: Apache-2.0 */
#include "report/subject.h"

#include <string.h>

#include "model/quantity.h"
#include "report/members.h"
#include "report/safe.h"

void subject_text(const struct subject *subject, const struct style *style, struct writer *writer)
{
	char text[QUANTITY_SIZE];
	size_t length = strlen(subject->name);
	/* "shop (pid 4242)" is opened again for what else is known. */
	bool closes = length && subject->name[length - 1] == ')';
	_cleanup_(free_pointer) char *head = strndup(subject->name, closes ? length - 1 : length);

	style_begin(style, STYLE_BOLD, writer);
	safe_string(writer, head ? head : subject->name);
	if (closes && head && subject->release) {
		writer_string(writer, ", ");
		safe_string(writer, subject->release);
	}
	if (closes && head && subject->uptime_ns >= 0) {
		writer_string(writer, ", up ");
		writer_string(writer, quantity_duration(subject->uptime_ns, text));
	}
	if (closes && head)
		writer_char(writer, ')');
	style_end(style, STYLE_BOLD, writer);
}

bool subject_runs(const struct subject *subject)
{
	return !subject->path;
}

bool subject_operand(const struct subject *subject, struct writer *writer)
{
	static const char bare[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "_./-+=:@%,";
	const char *path = subject->saved ? subject->saved : subject->path;
	if (!path) {
		writer_printf(writer, "%d", (int)subject->pid);
		return true;
	}
	bool quoted = strspn(path, bare) != strlen(path);
	for (const char *at = path; *at; at++) {
		if (*at == '\'' || *at < ' ' || *at > '~')
			return false;
	}
	writer_printf(writer, quoted ? "'%s'" : "%s", path);
	return true;
}

void subject_warnings_text(const struct subject *subject, const struct style *style,
			   struct writer *writer)
{
	for (size_t i = 0; i < subject->warning_count; i++) {
		style_string(style, STYLE_YELLOW, "warning: ", writer);
		safe_string(writer, subject->warnings[i]);
		writer_char(writer, '\n');
	}
}

void subject_target_json(const struct subject *subject, struct json *json)
{
	json_key(json, "target");
	json_object_begin(json);
	json_member_string(json, "kind", subject->kind);
	json_member_string(json, "path", subject->path);
	json_member_known(json, "pid", subject->pid ? subject->pid : -1);
	json_member_string(json, "exe", subject->executable);
	json_member_string(json, "go", subject->release);
	json_member_string(json, "build", subject->build);
	member_seconds(json, "uptime_s", subject->uptime_ns);
	json_object_end(json);
}

void subject_json(const struct subject *subject, struct json *json)
{
	json_member_unsigned(json, "dowse", 1);
	subject_target_json(subject, json);
	json_key(json, "warnings");
	json_array_begin(json);
	for (size_t i = 0; i < subject->warning_count; i++)
		json_string(json, subject->warnings[i]);
	json_array_end(json);
}

void subject_goroutines_json(const struct goroutines *goroutines, bool system, struct json *json)
{
	json_key(json, "pause_ms");
	json_number(json, (double)goroutines->pause_ns / 1e6);
	json_member_unsigned(json, "goroutine_count", goroutines_count(goroutines, system));
	json_member_bool(json, "torn", goroutines->torn);
	json_member_bool(json, "complete", goroutines->complete);
	json_member_unsigned(json, "unreadable", goroutines->unreadable);
}

void subject_no_goroutines_json(struct json *json)
{
	static const char *const members[] = { "pause_ms", "goroutine_count", "torn", "complete",
					       "unreadable" };
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		json_member_null(json, members[i]);
}

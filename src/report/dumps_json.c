/* SPDX-License-Identifier: Apache-2.0 */
#include "report/dumps_report.h"

static void write_facts(const struct dump *dump, struct json *json)
{
	static const char *const forms[] = {
		[DUMP_STACKS] = "stacks",
		[DUMP_COUNTS] = "counts",
		[DUMP_RACE] = "race",
	};
	json_member_unsigned(json, "line", dump->line);
	json_member_string(json, "form", forms[dump->form]);
	json_member_string(json, "reason", dump->reason);
	json_member_string(json, "cut", dump->cut);
	json_member_unsigned(json, "foreign_lines", dump->foreign);
}

static struct error *write_dump(const struct goroutines_report *like, struct dump *dump,
				struct json *json)
{
	_cleanup_(goroutine_group_vector_deinit) struct goroutine_group_vector groups = { 0 };
	TRY(goroutines_group(&dump->goroutines, like->filter, &groups));
	struct goroutines_report report = *like;
	report.goroutines = &dump->goroutines;
	report.groups = &groups;
	json_object_begin(json);
	write_facts(dump, json);
	goroutines_json_members(&report, json);
	json_object_end(json);
	return NULL;
}

struct error *dumps_json(const struct goroutines_report *report, const struct dumps *dumps,
			 bool one, size_t chosen, struct writer *writer)
{
	struct json json = JSON_INTO(writer);
	json_object_begin(&json);
	subject_json(report->subject, &json);
	if (one || dumps->list.count == 1) {
		goroutines_json_members(report, &json);
		json_key(&json, "dump");
		json_object_begin(&json);
		write_facts(dumps->list.items[chosen], &json);
		json_object_end(&json);
	} else {
		json_key(&json, "dumps");
		json_array_begin(&json);
		for (size_t i = 0; i < dumps->list.count; i++)
			TRY(write_dump(report, dumps->list.items[i], &json));
		json_array_end(&json);
	}
	json_object_end(&json);
	writer_char(writer, '\n');
	return NULL;
}

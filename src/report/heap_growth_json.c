/* SPDX-License-Identifier: Apache-2.0 */
#include "report/heap_growth_report.h"
#include "report/heap_members.h"
#include "report/members.h"

/* The contract is docs/json.md: keys are added, never changed. */

static void members_amount(const struct heap_grown *row, const struct heap_amount *amount,
			   struct json *json)
{
	json_member_unsigned(json, "count", amount->count);
	json_member_unsigned(json, "bytes", amount->bytes);
	if (!row->kind)
		json_member_unsigned(json, "retained", amount->retained);
}

static void member_growth(const struct heap_grown *row, struct json *json)
{
	json_key(json, "growth");
	json_object_begin(json);
	json_member_signed(json, "count", heap_growth_of(row->before.count, row->now.count));
	json_member_signed(json, "bytes", heap_growth_of(row->before.bytes, row->now.bytes));
	if (!row->kind)
		json_member_signed(json, "retained",
				   heap_growth_of(row->before.retained, row->now.retained));
	json_object_end(json);
}

static void members_name(const struct heap_grown *row, struct json *json)
{
	if (row->kind) {
		json_member_string(json, "kind", row->kind);
		json_member_string(json, "name", row->name ? row->name : NULL);
		json_member_string(json, "text", row->text);
		members_place(json, row->function, row->file, row->line);
		return;
	}
	json_member_string(json, "type", row->name);
	if (row->name)
		return;
	json_member_unsigned(json, "size_class", row->size_class);
	json_member_known(json, "pointers", row->pointers);
}

static void write_row(const struct heap_grown *row, struct json *json)
{
	json_object_begin(json);
	members_name(row, json);
	members_amount(row, &row->now, json);
	json_key(json, "before");
	json_object_begin(json);
	members_amount(row, &row->before, json);
	json_object_end(json);
	member_growth(row, json);
	json_object_end(json);
}

void heap_growth_json(const struct heap_growth_report *report, struct writer *writer)
{
	struct json json = JSON_INTO(writer);
	json_object_begin(&json);
	subject_json(report->now, &json);
	members_heap_moment(&json, report->pause_ns, report->fork_ns);
	member_heap_totals(&json, report->totals_now);
	json_key(&json, "before");
	json_object_begin(&json);
	subject_target_json(report->before, &json);
	member_heap_totals(&json, report->totals_before);
	json_object_end(&json);
	json_key(&json, "between_s");
	if (report->between_ns >= 0)
		json_number(&json, (double)report->between_ns / 1e9);
	else
		json_null(&json);
	json_key(&json, report->holders ? "holders" : "types");
	json_array_begin(&json);
	for (size_t i = 0; i < report->growth->list.count && i < report->limit; i++)
		write_row(&report->growth->list.items[i], &json);
	json_array_end(&json);
	json_object_end(&json);
	writer_char(writer, '\n');
}

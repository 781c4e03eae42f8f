/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/live.h"
#include "report/goroutines_report.h"
#include "report/members.h"

/* The contract is docs/json.md: keys are added, never changed. */

void goroutine_json_stack(const struct goroutine *goroutine, struct json *json)
{
	const struct stack *stack = goroutine->stack;
	json_key(json, "stack");
	json_array_begin(json);
	for (uint32_t i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];
		if (frame->hidden)
			continue;
		json_object_begin(json);
		members_place(json, frame->function, frame->file, frame->line);
		json_object_end(json);
	}
	json_array_end(json);
	json_member_known(json, "elided",
			  stack->elided == STACK_ELIDED_UNKNOWN ? -1 : (int64_t)stack->elided);
	json_key(json, "elided_after");
	if (stack->elided)
		json_unsigned(json, stack->elided_after);
	else
		json_null(json);

	const struct goroutine_creator *creator = &goroutine->creator;
	json_key(json, "created_by");
	if (!creator->function) {
		json_null(json);
		return;
	}
	json_object_begin(json);
	members_place(json, creator->function, creator->file, creator->line);
	json_key(json, "goroutine");
	if (creator->goroutine)
		json_unsigned(json, creator->goroutine);
	else
		json_null(json);
	json_object_end(json);
}

static void write_channel(struct json *json, const struct wait_channel *channel)
{
	json_object_begin(json);
	json_member_address(json, "address", channel->address);
	json_member_bool(json, "send", channel->send);
	json_member_string(json, "element", channel->element);
	if (channel->known) {
		json_member_bool(json, "closed", channel->closed);
		json_member_unsigned(json, "length", channel->length);
		json_member_unsigned(json, "capacity", channel->capacity);
		json_member_unsigned(json, "receivers", channel->receivers);
		json_member_unsigned(json, "senders", channel->senders);
	} else {
		static const char *const unknown[] = { "closed", "length", "capacity", "receivers",
						       "senders" };
		for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
			json_member_null(json, unknown[i]);
	}
	json_object_end(json);
}

static void member_wait(struct json *json, const struct wait *wait)
{
	json_key(json, "waiting_for");
	if (wait->kind == WAIT_NONE) {
		json_null(json);
		return;
	}
	json_object_begin(json);
	json_member_string(json, "kind", wait_kind_name(wait->kind));
	switch (wait->kind) {
	case WAIT_EMPTY_SELECT:
		break;
	case WAIT_NIL_CHANNEL:
		json_member_bool(json, "send", wait->send);
		break;
	case WAIT_CHANNEL:
	case WAIT_SELECT:
		json_key(json, "channels");
		if (!wait->channel_count) {
			json_null(json); /* not told */
			break;
		}
		json_array_begin(json);
		for (uint32_t i = 0; i < wait->channel_count; i++)
			write_channel(json, &wait->channels[i]);
		json_array_end(json);
		break;
	case WAIT_SLEEP:
	case WAIT_DESCRIPTOR:
		json_key(json, "wakes_in_ms");
		if (wait->wakes_in_ns != INT64_MIN)
			json_signed(json, wait->wakes_in_ns / 1000000);
		else
			json_null(json);
		break;
	default:
		json_member_address(json, "address", wait->address);
		json_member_unsigned(json, "others", wait->others);
		break;
	}
	if (wait->kind == WAIT_DESCRIPTOR) {
		json_member_bool(json, "write", wait->send);
		json_member_known(json, "descriptor", wait->descriptor);
		json_member_string(json, "name", wait->descriptor_name);
		json_member_string(json, "local_address", wait->local_address);
		json_member_string(json, "remote_address", wait->remote_address);
	}
	json_object_end(json);
}

static void member_deferred(struct json *json, const struct goroutine *goroutine)
{
	json_key(json, "deferred");
	json_array_begin(json);
	for (uint32_t i = 0; i < goroutine->deferred_count; i++) {
		const struct deferred_call *call = &goroutine->deferred[i];
		json_object_begin(json);
		members_place(json, call->function, call->file, call->line);
		json_object_end(json);
	}
	json_array_end(json);
}

static void member_known(struct json *json, const char *key, uint64_t value)
{
	json_key(json, key);
	if (value)
		json_unsigned(json, value);
	else
		json_null(json);
}

void goroutine_json(const struct goroutines *goroutines, const struct goroutine *goroutine,
		    struct json *json)
{
	json_object_begin(json);
	member_known(json, "id", goroutine->id);
	json_member_unsigned(json, "count", goroutine_count(goroutine));
	json_member_string(json, "state", *goroutine->state_text ? goroutine->state_text : NULL);
	member_seconds(json, "wait_s", goroutine->wait_ns);
	json_member_string(json, "leaked",
			   live_never_wakes(goroutines, goroutine) ? "proved" : NULL);
	json_member_null(json, "retained");
	goroutine_json_stack(goroutine, json);
	member_wait(json, &goroutine->wait);
	member_deferred(json, goroutine);
	json_member_bool(json, "system", goroutine->system);
	json_member_bool(json, "locked", goroutine->locked);
	member_known(json, "thread", (uint64_t)MAX(goroutine->thread, 0));
	member_known(json, "stack_bytes", goroutine->stack_bytes);
	member_known(json, "bubble", goroutine->bubble);
	json_member_string(json, "labels", goroutine->labels);
	json_member_string(json, "problem", goroutine->problem);
	json_object_end(json);
}

static void write_group(const struct goroutines *goroutines, const struct goroutine_group *group,
			struct json *json)
{
	json_object_begin(json);
	json_member_unsigned(json, "count", group->total);
	json_member_string(json, "state",
			   *group->example->state_text ? group->example->state_text : NULL);
	json_key(json, "wait_s");
	if (group->wait_max_ns >= 0) {
		json_array_begin(json);
		json_signed(json, group->wait_min_ns / 1000000000);
		json_signed(json, group->wait_max_ns / 1000000000);
		json_array_end(json);
	} else {
		json_null(json);
	}
	json_member_string(json, "leaked",
			   live_never_wakes(goroutines, group->example) ? "proved" : NULL);
	goroutine_json_stack(group->example, json);
	member_known(json, "example", group->example->id);
	member_wait(json, &group->example->wait);
	member_known(json, "stack_bytes", group->stack_bytes);
	json_object_end(json);
}

static void write_all(const struct goroutines_report *report, struct json *json)
{
	uint64_t shown = 0;
	json_key(json, "goroutines");
	json_array_begin(json);
	for (size_t i = 0; i < report->goroutines->list.count && shown < report->limit; i++) {
		const struct goroutine *goroutine = &report->goroutines->list.items[i];
		if (!goroutine_matches(goroutine, report->filter))
			continue;
		goroutine_json(report->goroutines, goroutine, json);
		shown++;
	}
	json_array_end(json);
}

void goroutines_json_members(const struct goroutines_report *report, struct json *json)
{
	subject_goroutines_json(report->goroutines, report->filter->system, json);
	json_member_unsigned(json, "matched", goroutines_report_matched(report));
	json_member_unsigned(json, "group_count", report->groups->count);
	if (report->all) {
		write_all(report, json);
		return;
	}
	json_key(json, "groups");
	json_array_begin(json);
	for (size_t i = 0; i < report->groups->count && i < report->limit; i++)
		write_group(report->goroutines, &report->groups->items[i], json);
	json_array_end(json);
}

void goroutines_json(const struct goroutines_report *report, struct writer *writer)
{
	struct json json = JSON_INTO(writer);
	json_object_begin(&json);
	subject_json(report->subject, &json);
	goroutines_json_members(report, &json);
	json_object_end(&json);
	writer_char(writer, '\n');
}

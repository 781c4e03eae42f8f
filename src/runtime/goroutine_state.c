/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/goroutine_state.h"

#include <stdio.h>
#include <string.h>

#define RELEASE_DURABLE            25
#define RELEASE_DURABLE_IF_WAITING 26
#define REASON_LENGTH_MAX          64

static const struct status {
	const char *text; /* as the runtime prints it */
	enum goroutine_state state;
} statuses[] = {
	[G_IDLE] = { "idle", GOROUTINE_IDLE },
	[G_RUNNABLE] = { "runnable", GOROUTINE_RUNNABLE },
	[G_RUNNING] = { "running", GOROUTINE_RUNNING },
	[G_SYSCALL] = { "syscall", GOROUTINE_SYSCALL },
	[G_WAITING] = { "waiting", GOROUTINE_WAITING },
	[G_DEAD] = { "dead", GOROUTINE_DEAD },
	[G_COPYSTACK] = { "copystack", GOROUTINE_COPYSTACK },
	[G_PREEMPTED] = { "preempted", GOROUTINE_PREEMPTED },
	[G_LEAKED] = { "leaked", GOROUTINE_WAITING },
	[G_DEAD_EXTRA] = { "waiting for cgo callback", GOROUTINE_DEAD },
};

/* Reasons for which a goroutine in a synctest bubble counts as durably blocked. */
static const char *const durable_reasons[] = {
	"chan receive (nil chan)",
	"chan send (nil chan)",
	"select (no cases)",
	"sleep",
	"sync.Cond.Wait",
	"coroutine",
	"synctest.Run",
	"synctest.Wait",
};

void wait_reasons_read(struct runtime *runtime, struct arena *arena, struct wait_reasons *ret)
{
	struct target *target = runtime_target(runtime);
	uint64_t table = runtime_global(runtime, GLOBAL_WAIT_REASONS);
	*ret = (struct wait_reasons){ 0 };
	if (!table)
		return;

	for (size_t i = 0; i < ARRAY_SIZE(ret->text); i++) {
		struct {
			uint64_t bytes;
			uint64_t length;
		} string;
		char text[REASON_LENGTH_MAX];
		if (!error_ignore(target_read(target, table + i * sizeof(string), &string,
					      sizeof(string))) ||
		    string.length > sizeof(text))
			return;
		if (string.length &&
		    !error_ignore(target_read(target, string.bytes, text, string.length)))
			return;
		for (uint64_t j = 0; j < string.length; j++) {
			if (text[j] < ' ' || text[j] > '~')
				return;
		}
		ret->text[i] = arena_copy_string(arena, text, string.length);
	}
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);
	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static bool is_durable(int minor, uint32_t status, const char *reason, const char *text)
{
	if (minor < RELEASE_DURABLE || ends_with(text, "(durable)"))
		return false;
	if (minor >= RELEASE_DURABLE_IF_WAITING && status != G_WAITING)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(durable_reasons); i++) {
		if (reason && strcmp(reason, durable_reasons[i]) == 0)
			return true;
	}
	return false;
}

static void decode_time(const struct layout *layout, const struct capture *capture,
			const uint8_t *g, struct goroutine *goroutine)
{
	uint64_t since = member_u64(g, layout->g_waitsince);
	goroutine->wait_ns = -1;
	if (goroutine->state != GOROUTINE_WAITING && goroutine->state != GOROUTINE_SYSCALL)
		return;
	if (since && since <= capture->now)
		goroutine->wait_ns = (int64_t)(capture->now - since);
}

struct error *goroutine_state_decode(const struct runtime *runtime,
				     const struct wait_reasons *reasons,
				     const struct capture *capture, const uint8_t *g,
				     struct arena *arena, struct goroutine *goroutine)
{
	const struct binary *binary = runtime_binary(runtime);
	const struct layout *layout = &binary->layout;
	uint32_t all = member_u32(g, layout->g_atomicstatus);
	uint32_t status = all & G_STATUS_MASK;
	uint8_t number = member_u8(g, layout->g_waitreason);
	const char *reason = number && number < ARRAY_SIZE(reasons->text) ? reasons->text[number]
									  : NULL;

	goroutine->state = GOROUTINE_UNKNOWN;
	goroutine->state_text = "???";
	if (status < ARRAY_SIZE(statuses) && statuses[status].text) {
		goroutine->state = statuses[status].state;
		goroutine->state_text = statuses[status].text;
	}
	if (goroutine->state == GOROUTINE_WAITING && reason && *reason)
		goroutine->state_text = reason;
	decode_time(layout, capture, g, goroutine);

	bool in_bubble = member_u64(g, layout->g_bubble) != 0;
	char note[32];
	snprintf(note, sizeof(note), "%s%s%s", status == G_LEAKED ? " (leaked)" : "",
		 all & G_SCAN ? " (scan)" : "",
		 in_bubble && is_durable(binary->minor, status, reason, goroutine->state_text)
			 ? " (durable)"
			 : "");
	goroutine->state_note = "";
	if (*note)
		goroutine->state_note = arena_copy_string(arena, note, strlen(note));
	return goroutine->state_note ? NULL : error_no_memory();
}

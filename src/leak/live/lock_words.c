/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/locks_private.h"

#include <string.h>

#include "base/text.h"
#include "binary/variables_path.h"
#include "leak/live/liveness.h"

/* A text that was put together, in the findings' arena; NULL when there is none. */
static const char *keep(struct findings *findings, struct writer *text)
{
	const char *words = writer_text(text);
	const char *kept = words && *words ? findings_text(findings, "%s", words) : NULL;
	writer_deinit(text);
	return kept;
}

static const char *global_name(struct locks *locks, uint64_t address)
{
	struct variables *variables = locks->evidence->heap->roots.variables;
	const struct variable *variable = variables_find(variables, address);
	if (!variable)
		return NULL;
	struct writer text = WRITER_TO_MEMORY;
	writer_string(&text, variable->name);
	variables_path(variables, variable->type, address - variable->address, &text);
	return keep(locks->findings, &text);
}

static const char *member_name(struct locks *locks, uint64_t address)
{
	const struct heap *heap = locks->evidence->heap;
	uint32_t edge = heap_spans_edge(&heap->spans, address);
	if (edge == EDGE_NONE)
		return NULL;
	uint32_t vertex = edge_target(edge), type = heap_object_type(heap, vertex);
	const char *name = NULL;
	if (type == HEAP_TYPE_UNKNOWN || !error_ignore(heap_types_name(heap->types, type, &name)))
		return NULL;
	struct writer text = WRITER_TO_MEMORY;
	writer_string(&text, name);
	uint64_t begin = heap_spans_address(&heap->spans, vertex) +
			 heap_spans_of(&heap->spans, vertex)->head;
	if (!error_ignore(heap_types_path(heap->types, type, address - begin, &text))) {
		writer_deinit(&text);
		return name;
	}
	return keep(locks->findings, &text);
}

/* Without what the lock itself consists of: "main.account.mu", not ".mu.mu.state". */
static const char *without_inside(struct locks *locks, uint64_t address, const char *name)
{
	static const char *const inside[] = { ".mu.state", ".state" };
	const struct runtime *runtime = locks->evidence->heap->runtime;
	bool wraps = layout_has(runtime_binary(runtime)->layout.internal_mutex_size);
	const struct lock_word *word = lock_word_find(locks->notes, address);
	const char *tail = inside[wraps ? 0 : 1];
	size_t length = strlen(name);
	if (length > strlen(tail) && strcmp(name + length - strlen(tail), tail) == 0)
		length -= strlen(tail);
	if (word && word->rw && length > 2 && strncmp(name + length - 2, ".w", 2) == 0)
		length -= 2;
	return findings_text(locks->findings, "%.*s", (int)length, name);
}

const char *lock_name(struct locks *locks, uint64_t address)
{
	const char *name = global_name(locks, address);
	if (!name)
		name = member_name(locks, address);
	/* Where no type is known, an offset says nothing to anybody. */
	if (!name || strchr(name, '+') || strchr(name, '?'))
		return "a lock";
	return without_inside(locks, address, name);
}

const char *lock_position(struct locks *locks, const struct place *place)
{
	if (!place->file || strcmp(place->file, "?") == 0 || place->line <= 0)
		return "at an unknown line";
	return findings_text(locks->findings, "%s:%d", text_base_name(place->file), place->line);
}

struct place lock_taken_at(const struct locks *locks, const struct held_lock *held)
{
	const struct live_evidence *evidence = locks->evidence;
	const struct stack *stack = evidence->goroutines->list.items[held->goroutine].stack;
	uint32_t machine = 0;
	if (!held->taken.function || place_is_users(&evidence->places, held->taken.function))
		return held->taken;
	for (uint32_t i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];
		if (machine >= held->frame && !frame->hidden &&
		    place_is_users(&evidence->places, frame->function))
			return (struct place){ frame->function, frame->file, frame->line };
		machine += !frame->inlined;
	}
	return held->taken;
}

/* "waits for main.b.mu at bank.go:33" */
static const char *awaited(struct locks *locks, const struct goroutine *goroutine)
{
	struct place place = goroutine_place(goroutine, &locks->evidence->places);
	const char *position = lock_position(locks, &place);
	const struct wait *wait = &goroutine->wait;
	switch (wait->kind) {
	case WAIT_MUTEX:
		return findings_text(locks->findings, "waits for %s at %s",
				     lock_name(locks, wait->address), position);
	case WAIT_RWMUTEX_READ:
		return findings_text(locks->findings, "waits to read-lock %s at %s",
				     lock_name(locks, wait->address), position);
	case WAIT_RWMUTEX_WRITE:
		return findings_text(locks->findings, "waits for the readers of %s at %s",
				     lock_name(locks, wait->address), position);
	case WAIT_WAITGROUP:
		return findings_text(locks->findings, "waits for a WaitGroup at %s", position);
	case WAIT_CHANNEL:
		return findings_text(locks->findings, "%s a channel at %s",
				     wait->channel_count && wait->channels[0].send
					     ? "sends on"
					     : "receives from",
				     position);
	case WAIT_SELECT:
		return findings_text(locks->findings, "waits in a select at %s", position);
	default:
		return findings_text(locks->findings, "stands at %s (%s)", position,
				     goroutine->state_text);
	}
}

const char *lock_member(struct locks *locks, uint32_t index, const struct held_lock *holds)
{
	const struct goroutine *goroutine = &locks->evidence->goroutines->list.items[index];
	const char *waits = awaited(locks, goroutine);
	unsigned long long id = (unsigned long long)goroutine->id;
	if (!holds)
		return findings_text(locks->findings, "goroutine %llu %s", id, waits);
	const char *name = lock_name(locks, holds->address);
	/* A writer that waits for readers has locked the others out, which is half of the lock. */
	if (goroutine->wait.kind == WAIT_RWMUTEX_WRITE &&
	    goroutine->wait.address == holds->address && !holds->shared)
		return findings_text(locks->findings, "goroutine %llu %s, and keeps others out", id,
				     waits);
	struct place taken = lock_taken_at(locks, holds);
	return findings_text(
		locks->findings, "goroutine %llu holds %s%s (%s), %s", id, name,
		holds->shared ? " for reading" : "",
		taken.function ? lock_position(locks, &taken) : "its unlock is deferred", waits);
}

enum certainty lock_certainty(const struct locks *locks, const uint32_t *members, size_t count)
{
	const struct live_evidence *evidence = locks->evidence;
	if (evidence->guessed)
		return CERTAINTY_SUSPECT;
	if (!evidence->liveness || liveness_doubt(evidence->liveness))
		return CERTAINTY_LIKELY;
	for (size_t i = 0; i < count; i++) {
		if (liveness_of(evidence->liveness,
				&evidence->goroutines->list.items[members[i]]) != LIVENESS_NEVER)
			return CERTAINTY_LIKELY;
	}
	return CERTAINTY_PROVED;
}

struct finding lock_finding(struct locks *locks, enum rule_id rule, uint32_t index)
{
	const struct goroutine *goroutine = &locks->evidence->goroutines->list.items[index];
	return (struct finding){
		.rule = rule,
		.count = 1,
		.bytes = goroutine->stack_bytes ? (int64_t)goroutine->stack_bytes : -1,
		.growth_per_hour = INT64_MIN,
		.bytes_per_hour = INT64_MIN,
		.place = goroutine_place(goroutine, &locks->evidence->places),
		.created_by = goroutine_creation(goroutine),
		.state = goroutine->state_text,
		.wait_min_ns = goroutine->wait_ns,
		.wait_max_ns = goroutine->wait_ns,
		.example = goroutine,
	};
}

void lock_claim(struct locks *locks, uint32_t goroutine)
{
	if (locks->evidence->claimed)
		locks->evidence->claimed[goroutine] = 1;
}

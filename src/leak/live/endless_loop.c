/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/endless_private.h"

#include <stdlib.h>
#include <string.h>

#include "binary/way_out.h"
#include "runtime/closed_channel.h"
#include "runtime/machine.h"

/* Who wants to run are many at times; a channel is told by a few reads. */
#define GOROUTINES_MAX  4096
#define WORDS_MAX       ((size_t)1 << 16)
#define FRAME_WORDS_MAX 512

static bool is_select(const char *function)
{
	return strcmp(function, "runtime.selectgo") == 0 ||
	       strcmp(function, "runtime.selectnbrecv") == 0 ||
	       strcmp(function, "runtime.selectnbsend") == 0;
}

static bool is_runtimes(const char *function)
{
	return strncmp(function, "runtime.", strlen("runtime.")) == 0;
}

/* A call goes on behind its instruction. */
struct error *endless_find_loop(const struct live_evidence *evidence,
				const struct goroutine *goroutine, struct endless_loop *ret)
{
	const struct binary *binary = runtime_binary(evidence->heap->runtime);
	const struct stack *stack = goroutine->stack;
	*ret = (struct endless_loop){ .inside = true };
	for (uint32_t i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];
		bool out = true;
		ret->select = i && is_select(stack->frames[i - 1].function);
		if (frame->pc && place_is_users(&evidence->places, frame->function))
			TRY(way_out_find(binary, frame->pc, &out));
		if (!out) {
			ret->frame = frame;
			return NULL;
		}
		/* What was inlined into the loop is a part of it. */
		ret->inside &= frame->inlined || is_runtimes(frame->function);
		ret->machine += !frame->inlined;
	}
	return NULL;
}

static bool may_spin(const struct goroutine *goroutine)
{
	return goroutine->id != 1 && !goroutine->system && !goroutine->owner &&
	       (goroutine->state == GOROUTINE_RUNNING || goroutine->state == GOROUTINE_RUNNABLE ||
		goroutine->state == GOROUTINE_PREEMPTED);
}

/* What is asked about channels, of all goroutines. */
struct asking {
	const struct heap *heap;
	size_t words;
};

static bool is_closed(struct asking *asking, uint64_t word)
{
	return asking->words++ < WORDS_MAX && closed_channel_at(asking->heap->runtime, word);
}

/*
 * While it is in a select the cases stand in its frame, though the collector needs them no more at the
 * end of it. All of the frame's words are looked at; one that counts tells where the frame lies.
 */
static bool has_closed_case(struct asking *asking, const struct endless_loop *loop,
			    const struct heap_root_pointer *pointer)
{
	const struct heap *heap = asking->heap;
	const struct machine_frame none = { 0 };
	uint64_t words[FRAME_WORDS_MAX];
	uint64_t end = pointer->where - (uint64_t)(int64_t)pointer->place;
	struct function function;
	if (!binary_function(runtime_binary(heap->runtime), loop->frame->pc - 1, &function))
		return false;
	int32_t delta = function_sp_delta(&function, loop->frame->pc - 1);
	size_t count = MIN((size_t)MAX(delta, 0) / 8, (size_t)FRAME_WORDS_MAX);
	uint64_t begin = end - machine_arguments(&none, MAX(delta, 0));
	if (!error_ignore(target_read(runtime_target(heap->runtime), begin, words, count * 8)))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (is_closed(asking, words[i]))
			return true;
	}
	return false;
}

/* What the runtime's frames above it have counts as well: they are handed what is waited for. */
static bool has_closed_channel(struct asking *asking, const struct heap_root *root,
			       const struct endless_loop *loop)
{
	const struct heap_root_pointer *inside = NULL;
	for (size_t i = root->first; i < root->first + root->count; i++) {
		const struct heap_root_pointer *pointer = &asking->heap->roots.pointers.items[i];
		if (pointer->frame > loop->machine || !pointer->where)
			continue;
		if (is_closed(asking, pointer->value))
			return true;
		inside = pointer->frame == loop->machine ? pointer : inside;
	}
	return inside && loop->select && has_closed_case(asking, loop, inside);
}

struct error *endless_find_spinning(const struct live_evidence *evidence, bool **ret)
{
	const struct heap *heap = evidence->heap;
	const struct goroutine_vector *list = &evidence->goroutines->list;
	bool *spinning = calloc(list->count + 1, sizeof(*spinning));
	struct asking asking = { .heap = heap };
	size_t looked_at = 0;
	if (!spinning)
		return error_no_memory();
	for (size_t i = 0; i < heap->roots.list.count && looked_at < GOROUTINES_MAX; i++) {
		const struct heap_root *root = &heap->roots.list.items[i];
		struct endless_loop loop;
		if (root->kind != HEAP_ROOT_GOROUTINE || root->goroutine >= list->count ||
		    !may_spin(&list->items[root->goroutine]))
			continue;
		looked_at++;
		struct error *error = endless_find_loop(evidence, &list->items[root->goroutine],
							&loop);
		if (error) {
			free(spinning);
			return error;
		}
		spinning[root->goroutine] = loop.frame && loop.inside &&
					    has_closed_channel(&asking, root, &loop);
	}
	*ret = spinning;
	return NULL;
}

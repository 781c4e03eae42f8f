/* SPDX-License-Identifier: Apache-2.0 */
#include "model/goroutine.h"

#include <string.h>

const char *wait_kind_name(enum wait_kind kind)
{
	static const char *const names[] = {
		[WAIT_NONE] = "none",
		[WAIT_NIL_CHANNEL] = "nil channel",
		[WAIT_CHANNEL] = "channel",
		[WAIT_SELECT] = "select",
		[WAIT_EMPTY_SELECT] = "empty select",
		[WAIT_MUTEX] = "mutex",
		[WAIT_RWMUTEX_READ] = "rwmutex read",
		[WAIT_RWMUTEX_WRITE] = "rwmutex write",
		[WAIT_COND] = "cond",
		[WAIT_WAITGROUP] = "waitgroup",
		[WAIT_SEMAPHORE] = "semaphore",
		[WAIT_SLEEP] = "sleep",
		[WAIT_DESCRIPTOR] = "descriptor",
		[WAIT_RUNTIME] = "runtime",
	};
	return names[kind];
}

void goroutines_deinit(struct goroutines *goroutines)
{
	goroutine_vector_deinit(&goroutines->list);
	stack_table_deinit(&goroutines->stacks);
	arena_deinit(&goroutines->arena);
}

uint64_t goroutines_count(const struct goroutines *goroutines, bool system)
{
	uint64_t count = 0;
	for (size_t i = 0; i < goroutines->list.count; i++)
		count += system || !goroutines->list.items[i].system
				 ? goroutine_count(&goroutines->list.items[i])
				 : 0;
	return count;
}

static bool goroutine_mentions(const struct goroutine *goroutine, const char *function)
{
	for (uint32_t i = 0; i < goroutine->stack->count; i++) {
		const struct frame *frame = &goroutine->stack->frames[i];
		if (!frame->hidden && strstr(frame->function, function))
			return true;
	}
	return goroutine->creator.function && strstr(goroutine->creator.function, function);
}

bool goroutine_matches(const struct goroutine *goroutine, const struct goroutine_filter *filter)
{
	if (goroutine->system && !filter->system)
		return false;
	if (filter->min_wait_ns >= 0 && goroutine->wait_ns < filter->min_wait_ns)
		return false;
	if (filter->state && !strcasestr(goroutine->state_text, filter->state))
		return false;
	return !filter->function || goroutine_mentions(goroutine, filter->function);
}

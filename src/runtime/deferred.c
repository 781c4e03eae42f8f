/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/deferred.h"

#include <string.h>

/* A record's bytes, from the copied objects or the copied stack; NULL when it was not copied. */
static const uint8_t *record_at(const struct layout *layout, const struct capture *capture,
				const struct captured_goroutine *captured, uint64_t address)
{
	const struct stack_bytes *stack = &captured->stack;
	uint64_t size = (uint64_t)layout->defer_size;
	if (address >= stack->low && address < stack->high && stack->high - address >= size)
		return stack->bytes + (address - stack->low);
	return capture_object(capture, CAPTURED_DEFER, address);
}

/*
 * What is called is a closure: its first word is the function. Closures do not change, so one that
 * is not on the stack is read after the process went on.
 */
static uint64_t closure_function(struct runtime *runtime, const struct captured_goroutine *captured,
				 uint64_t closure)
{
	uint64_t function = 0;
	if (!stack_bytes_word(&captured->stack, closure, &function))
		(void)error_ignore(target_read_u64(runtime_target(runtime), closure, &function));
	return function;
}

static struct error *decode_record(struct runtime *runtime,
				   const struct captured_goroutine *captured, const uint8_t *record,
				   struct frames *frames, struct deferred_call *ret)
{
	const struct layout *layout = &runtime_binary(runtime)->layout;
	struct deferred_call call = { 0 };
	uint64_t closure = member_u64(record, layout->defer_fn);
	if (closure)
		TRY(frames_function_name(frames, closure_function(runtime, captured, closure),
					 &call.function));
	TRY(frames_call_line(frames, member_u64(record, layout->defer_pc), &call.file, &call.line));
	*ret = call;
	return NULL;
}

struct error *deferred_decode(struct runtime *runtime, const struct capture *capture,
			      const struct captured_goroutine *captured, struct frames *frames,
			      struct goroutine *goroutine)
{
	const struct layout *layout = &runtime_binary(runtime)->layout;
	struct deferred_call calls[DEFERRED_MAX];
	uint32_t count = 0;
	uint64_t address = member_u64(captured->g, layout->g_defer);

	for (int hop = 0; address && hop < DEFERRED_MAX; hop++) {
		const uint8_t *record = record_at(layout, capture, captured, address);
		if (!record)
			break;
		TRY(decode_record(runtime, captured, record, frames, &calls[count]));
		count += calls[count].function != NULL;
		address = member_u64(record, layout->defer_link);
	}
	if (!count)
		return NULL;

	struct deferred_call *copy = arena_allocate(&frames->into->arena, count * sizeof(*copy));
	if (!copy)
		return error_no_memory();
	memcpy(copy, calls, count * sizeof(*copy));
	goroutine->deferred = copy;
	goroutine->deferred_count = count;
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/descriptors.h"

#include <string.h>

/* The frames that park: gopark, netpollblock, poll.runtime_pollWait and its caller. */
#define FRAMES_SEARCHED 5
#define WORDS_SEARCHED  96
#define DESCRIPTOR_MAX  ((uint64_t)1 << 30)

struct poll_descriptor {
	uint64_t address;
	int descriptor;
	uint64_t deadline; /* 0: none */
};

/*
 * `address` may be that of the member (rg or wg) in which the runtime notes who waits. *ret is
 * filled in when it is.
 */
static bool read_poll_descriptor(struct runtime *runtime, uint64_t address, int32_t member,
				 int32_t deadline, uint64_t g, struct poll_descriptor *ret)
{
	const struct layout *layout = &runtime_binary(runtime)->layout;
	struct target *target = runtime_target(runtime);
	uint64_t waiter, descriptor, until = 0, again;
	uint64_t start = address - (uint64_t)member;

	if (member < 0 || layout->poll_desc_fd < 0 ||
	    !error_ignore(target_read_u64(target, address, &waiter)) || waiter != g ||
	    !error_ignore(
		    target_read_u64(target, start + (uint64_t)layout->poll_desc_fd, &descriptor)) ||
	    descriptor > DESCRIPTOR_MAX)
		return false;
	if (deadline >= 0)
		(void)error_ignore(target_read_u64(target, start + (uint64_t)deadline, &until));
	/* Still the same: then the descriptor read in between was this goroutine's. */
	if (!error_ignore(target_read_u64(target, address, &again)) || again != g)
		return false;
	*ret = (struct poll_descriptor){
		.address = start,
		.descriptor = (int)descriptor,
		.deadline = until < INT64_MAX ? until : 0,
	};
	return true;
}

static bool could_be_pointer(uint64_t word)
{
	return word > 0x10000 && word < (uint64_t)1 << 47 && word % 8 == 0;
}

void descriptors_init(struct descriptors *descriptors, struct runtime *runtime)
{
	*descriptors = (struct descriptors){ .runtime = runtime };
	descriptor_table_init(&descriptors->table, target_pid(runtime_target(runtime)));
}

void descriptors_deinit(struct descriptors *descriptors)
{
	descriptor_table_deinit(&descriptors->table);
}

/* Does the goroutine wait to write? The frames of internal/poll say so. */
static bool waits_to_write(const struct stack *stack)
{
	enum { LOOK_AT = 8 };
	static const char *const writers[] = {
		"internal/poll.(*pollDesc).waitWrite",
		"internal/poll.(*pollDesc).waitCanceled", /* of a connect */
	};
	for (uint32_t i = 0; i < stack->count && i < LOOK_AT; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(writers); j++) {
			if (strcmp(stack->frames[i].function, writers[j]) == 0)
				return true;
		}
	}
	return false;
}

/* Does the word at `at` lead to a poll descriptor that this goroutine waits on? */
static bool try_word(struct runtime *runtime, const struct captured_goroutine *captured, bool write,
		     uint64_t at, struct poll_descriptor *ret)
{
	const struct layout *layout = &runtime_binary(runtime)->layout;
	uint64_t word;
	if (!stack_bytes_word(&captured->stack, at, &word) || !could_be_pointer(word) ||
	    (word >= captured->stack.low && word < captured->stack.high))
		return false;
	return read_poll_descriptor(
		runtime, word, write ? layout->poll_desc_wg : layout->poll_desc_rg,
		write ? layout->poll_desc_wd : layout->poll_desc_rd, captured->address, ret);
}

static bool find_poll_descriptor(struct descriptors *descriptors,
				 const struct captured_goroutine *captured,
				 const struct walk_step_vector *steps, bool write,
				 struct poll_descriptor *ret)
{
	uint64_t low = captured->stack.low;
	uint64_t end = steps->count > FRAMES_SEARCHED ? steps->items[FRAMES_SEARCHED].sp
						      : captured->stack.high;
	if (descriptors->last_offset &&
	    try_word(descriptors->runtime, captured, write, low + descriptors->last_offset, ret))
		return true;
	for (uint64_t at = low; at < end && at < low + WORDS_SEARCHED * 8; at += 8) {
		if (try_word(descriptors->runtime, captured, write, at, ret)) {
			descriptors->last_offset = at - low;
			return true;
		}
	}
	return false;
}

static struct error *copy_text(struct arena *arena, const char *text, const char **ret)
{
	if (!text)
		return NULL;
	*ret = arena_copy_string(arena, text, strlen(text));
	return *ret ? NULL : error_no_memory();
}

struct error *descriptor_decode(struct descriptors *descriptors,
				const struct captured_goroutine *captured,
				const struct walk_step_vector *steps, uint64_t now,
				struct arena *arena, struct goroutine *goroutine)
{
	struct wait *wait = &goroutine->wait;
	struct poll_descriptor found;
	wait->kind = WAIT_DESCRIPTOR;
	wait->send = waits_to_write(goroutine->stack);
	if (!find_poll_descriptor(descriptors, captured, steps, wait->send, &found))
		return NULL;
	wait->address = found.address;
	wait->descriptor = found.descriptor;
	if (found.deadline)
		wait->wakes_in_ns = (int64_t)(found.deadline - now);

	/* It may have been closed since, or be out of reach: then its number must do. */
	struct descriptor descriptor;
	if (!descriptors->table.pid || !error_ignore(descriptor_table_find(
					       &descriptors->table, found.descriptor, &descriptor)))
		return NULL;
	TRY(copy_text(arena, descriptor.name ? descriptor.name : descriptor.kind,
		      &wait->descriptor_name));
	TRY(copy_text(arena, descriptor.local, &wait->local_address));
	return copy_text(arena, descriptor.remote, &wait->remote_address);
}

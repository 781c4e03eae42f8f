/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/notify_list.h"

#include <string.h>

#define FRAMES_SEARCHED 4 /* gopark, goparkunlock, notifyListWait, Cond.Wait */
#define WORDS_SEARCHED  64
#define READS_MAX       ((size_t)1 << 20) /* of all lists: some seconds' worth of system calls */
#define LOWEST_ADDRESS  0x10000

/* One step along a list: the waiter's g, and the next sudog, which mostly was copied. */
static bool read_waiter(struct waits *waits, uint64_t sudog, uint64_t *ret_g, uint64_t *ret_next)
{
	const struct layout *layout = &runtime_binary(waits->runtime)->layout;
	const uint8_t *copy = capture_object(waits->capture, CAPTURED_SUDOG, sudog);
	uint8_t bytes[CAPTURED_SUDOG_MAX];
	waits->notify_reads += !copy;
	if (!copy && (layout->sudog_size <= 0 || layout->sudog_size > CAPTURED_SUDOG_MAX ||
		      !error_ignore(target_read(runtime_target(waits->runtime), sudog, bytes,
						(size_t)layout->sudog_size))))
		return false;
	*ret_g = member_u64(copy ? copy : bytes, layout->sudog_g);
	*ret_next = member_u64(copy ? copy : bytes, layout->sudog_next);
	return *ret_g != 0;
}

/*
 * Note of every waiter of the list at `address` that it waits there, if `g` is one of them. A word
 * that leads into a list's middle must not pass for one: the list ends at what its tail says.
 */
static struct error *note_list(struct waits *waits, uint64_t address, uint64_t g, bool *ret)
{
	const struct layout *layout = &runtime_binary(waits->runtime)->layout;
	struct target *target = runtime_target(waits->runtime);
	_cleanup_(u64_vector_deinit) struct u64_vector waiters = { 0 };
	uint64_t next, tail, last = 0, waiter;
	size_t captured = waits->capture->goroutines.count;
	bool holds = false;

	*ret = false;
	waits->notify_reads += 2;
	if (waits->notify_reads > READS_MAX || layout->notify_list_head < 0 ||
	    layout->notify_list_tail < 0 ||
	    !error_ignore(
		    target_read_u64(target, address + (uint64_t)layout->notify_list_head, &next)) ||
	    !error_ignore(
		    target_read_u64(target, address + (uint64_t)layout->notify_list_tail, &tail)))
		return NULL;
	while (next && waits->notify_reads < READS_MAX && waiters.count < captured) {
		last = next;
		/* What is no list ends here, mostly at once. */
		if (!read_waiter(waits, last, &waiter, &next) ||
		    !map_find(&waits->capture->goroutine_by_address, waiter))
			return NULL;
		holds |= waiter == g;
		TRY(u64_vector_append(&waiters, &waiter));
	}
	if (!holds || last != tail)
		return NULL;

	struct map_slot *slot;
	for (size_t i = 0; i < waiters.count; i++)
		TRY(map_insert(&waits->notify_lists, waiters.items[i], address, &slot));
	TRY(map_insert(&waits->at_address, address, waiters.count, &slot));
	*ret = true;
	return NULL;
}

/* Try the word at that distance from the stack pointer. */
static struct error *try_distance(struct waits *waits, const struct captured_goroutine *captured,
				  uint64_t distance, bool *ret)
{
	uint64_t word;
	*ret = false;
	if (!stack_bytes_word(&captured->stack, captured->stack.low + distance, &word) ||
	    word <= LOWEST_ADDRESS || word % 8 != 0)
		return NULL;
	TRY(note_list(waits, word, captured->address, ret));
	if (*ret)
		waits->notify_distance = distance;
	return NULL;
}

struct error *notify_list_find(struct waits *waits, const struct captured_goroutine *captured,
			       const struct walk_step_vector *steps, struct wait *wait)
{
	uint64_t low = captured->stack.low;
	uint64_t end = steps->count > FRAMES_SEARCHED ? steps->items[FRAMES_SEARCHED].sp
						      : captured->stack.high;
	uint64_t words = MIN((end - low) / 8, (uint64_t)WORDS_SEARCHED);
	const struct map_slot *slot = map_find(&waits->notify_lists, captured->address);
	bool found = slot != NULL;

	/* Most have it where the last one had it. */
	if (!found && waits->notify_distance)
		TRY(try_distance(waits, captured, waits->notify_distance, &found));
	for (uint64_t i = 0; !found && i < words; i++)
		TRY(try_distance(waits, captured, i * 8, &found));
	if (!slot && found)
		slot = map_find(&waits->notify_lists, captured->address);
	if (!slot)
		return NULL;
	int32_t offset = runtime_binary(waits->runtime)->layout.sync_cond_notify;
	wait->address = slot->value - (uint64_t)MAX(offset, 0);
	wait->others = (uint32_t)map_find(&waits->at_address, slot->value)->value - 1;
	return NULL;
}

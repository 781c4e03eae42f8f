/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/capture_private.h"
#include "runtime/goroutine_state.h"
#include "runtime/runtime_private.h"

#include <string.h>

/*
 * Who waits for a semaphore or a sync.Cond hangs in a queue of the runtime's, thousands of hops
 * long, and up to Go 1.25 does not say in which. But the function that parked it is going to need
 * its sudog again, and so has it on the stack, which is here already: at one distance from the
 * stack pointer in all that wait in that function. One goroutine tells the distance for all that
 * wait for the same reason, and their sudogs are one batch of reads.
 */

#define WORDS_SEARCHED 64 /* gopark, goparkunlock, and semacquire1 or notifyListWait */
#define DISTANCES_MAX  32 /* one for each reason is usual */
#define TRIES_MAX      256
#define LOWEST_ADDRESS 0x10000

/* A goroutine whose sudog is not known yet. */
struct queued {
	uint32_t index; /* in the list of goroutines */
	uint8_t reason;
	uint64_t candidate; /* the sudog, if the distance that is tried is its */
};

DEFINE_VECTOR(queued_vector, struct queued);

static bool is_queue_reason(const char *reason)
{
	static const char *const heads[] = { "sema", "sync.Mutex", "sync.RWMutex", "sync.WaitGroup",
					     "sync.Cond.Wait" };
	for (size_t i = 0; reason && i < ARRAY_SIZE(heads); i++) {
		if (strncmp(reason, heads[i], strlen(heads[i])) == 0)
			return true;
	}
	return false;
}

static struct error *find_queued(const struct capturing *capturing, struct queued_vector *ret)
{
	const struct captured_goroutine_vector *list = &capturing->capture->goroutines;
	const struct wait_reasons *reasons = &capturing->runtime->reasons;
	bool wanted[ARRAY_SIZE(reasons->text)];
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		wanted[i] = is_queue_reason(reasons->text[i]);

	for (size_t i = 0; i < list->count; i++) {
		const struct captured_goroutine *goroutine = &list->items[i];
		struct queued queued = { .index = (uint32_t)i, .reason = goroutine->reason };
		if (goroutine->parked && queued.reason < ARRAY_SIZE(wanted) &&
		    wanted[queued.reason] && !goroutine->waiting && goroutine->stack.bytes)
			TRY(queued_vector_append(ret, &queued));
	}
	return NULL;
}

/* The word at that distance from the stack pointer, if it may lead to a sudog. */
static bool candidate(const struct captured_goroutine *goroutine, uint64_t distance, uint64_t *ret)
{
	const struct stack_bytes *stack = &goroutine->stack;
	return stack_bytes_word(stack, stack->low + distance, ret) && *ret > LOWEST_ADDRESS &&
	       *ret % 8 == 0 && (*ret < stack->low || *ret >= goroutine->stack_high);
}

/* Is it the sudog of that goroutine, in a queue that is no channel's? */
static bool is_sudog_of(const struct layout *layout, const uint8_t *sudog,
			const struct captured_goroutine *goroutine)
{
	return sudog && member_u64(sudog, layout->sudog_g) == goroutine->address &&
	       !sudog_channel(layout, sudog) && !member_u8(sudog, layout->sudog_is_select);
}

/* Where one goroutine has its sudog. What its words lead to is read at once, and forgotten. */
static bool find_distance(const struct capturing *capturing,
			  const struct captured_goroutine *goroutine, uint64_t *ret)
{
	const struct layout *layout = capturing->layout;
	struct target_range ranges[WORDS_SEARCHED];
	uint64_t distances[WORDS_SEARCHED];
	uint8_t bytes[WORDS_SEARCHED][CAPTURED_SUDOG_MAX];
	size_t count = 0;
	uint64_t word;
	for (uint64_t i = 0; i < WORDS_SEARCHED; i++) {
		if (!candidate(goroutine, i * 8, &word))
			continue;
		distances[count] = i * 8;
		ranges[count] = (struct target_range){
			.address = word,
			.length = (size_t)layout->sudog_size,
			.into = bytes[count],
		};
		count++;
	}
	if (!error_ignore(target_read_ranges(runtime_target(capturing->runtime), ranges, count)))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (ranges[i].done && is_sudog_of(layout, bytes[i], goroutine)) {
			*ret = distances[i];
			return true;
		}
	}
	return false;
}

/*
 * Copy the sudogs of all that have theirs at this distance and wait for the same reason, and take
 * them off the list.
 */
static struct error *read_at_distance(struct capturing *capturing, struct queued_vector *left,
				      uint64_t distance)
{
	struct capture *capture = capturing->capture;
	uint8_t reason = left->items[0].reason;
	size_t kept = 0;

	capture_objects_begin(capturing);
	for (size_t i = 0; i < left->count; i++) {
		struct queued *queued = &left->items[i];
		queued->candidate = 0;
		if (queued->reason == reason && candidate(&capture->goroutines.items[queued->index],
							  distance, &queued->candidate))
			TRY(capture_objects_want(capturing, CAPTURED_SUDOG, queued->candidate));
		else
			queued->candidate = 0;
	}
	TRY(capture_objects_run(capturing));

	for (size_t i = 0; i < left->count; i++) {
		const struct queued *queued = &left->items[i];
		struct captured_goroutine *goroutine = &capture->goroutines.items[queued->index];
		if (queued->candidate &&
		    is_sudog_of(capturing->layout,
				capture_object(capture, CAPTURED_SUDOG, queued->candidate),
				goroutine))
			goroutine->waiting = queued->candidate;
		else
			left->items[kept++] = *queued;
	}
	left->count = kept;
	return NULL;
}

struct error *capture_queues(struct capturing *capturing)
{
	const struct captured_goroutine_vector *list = &capturing->capture->goroutines;
	_cleanup_(queued_vector_deinit) struct queued_vector left = { 0 };
	size_t tries = 0, distances = 0;
	if (capturing->layout->sudog_size <= 0 ||
	    capturing->layout->sudog_size > CAPTURED_SUDOG_MAX)
		return NULL;
	TRY(find_queued(capturing, &left));
	while (left.count && tries++ < TRIES_MAX && distances < DISTANCES_MAX) {
		uint64_t distance;
		if (find_distance(capturing, &list->items[left.items[0].index], &distance)) {
			TRY(read_at_distance(capturing, &left, distance));
			distances++;
		} else {
			left.items[0] = left.items[--left.count];
		}
	}
	return NULL;
}

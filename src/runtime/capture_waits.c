/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/capture_private.h"

#define SELECT_CASES_MAX 65536 /* the runtime's own limit */

/* From Go 1.26 the collector may blank the first word of these pairs for a while, never the second. */
uint64_t sudog_channel(const struct layout *layout, const uint8_t *sudog)
{
	return member_u64(sudog, layout->sudog_c_vu >= 0 ? layout->sudog_c_vu : layout->sudog_c);
}

uint64_t sudog_element(const struct layout *layout, const uint8_t *sudog)
{
	return member_u64(sudog,
			  layout->sudog_elem_vu >= 0 ? layout->sudog_elem_vu : layout->sudog_elem);
}

/*
 * What the waiting ones hang on, one hop a round: the first sudog and the timer of each; then the
 * sudogs' channels and, of a select, the next sudog, and so on along the longest select.
 */
static struct error *read_waiting(struct capturing *capturing)
{
	const struct layout *layout = capturing->layout;
	struct capture *capture = capturing->capture;
	_cleanup_(u64_vector_deinit) struct u64_vector sudogs = { 0 };

	capture_objects_begin(capturing);
	for (size_t i = 0; i < capture->goroutines.count; i++) {
		const struct captured_goroutine *goroutine = &capture->goroutines.items[i];
		if (goroutine->waiting) {
			TRY(capture_objects_want(capturing, CAPTURED_SUDOG, goroutine->waiting));
			TRY(u64_vector_append(&sudogs, &goroutine->waiting));
		}
		TRY(capture_objects_want(capturing, CAPTURED_TIMER, goroutine->timer));
	}
	TRY(capture_objects_run(capturing));

	for (int hop = 0; sudogs.count && hop < SELECT_CASES_MAX; hop++) {
		size_t next = 0;
		capture_objects_begin(capturing);
		for (size_t i = 0; i < sudogs.count; i++) {
			const uint8_t *sudog = capture_object(capture, CAPTURED_SUDOG,
							      sudogs.items[i]);
			if (!sudog)
				continue;
			TRY(capture_objects_want(capturing, CAPTURED_CHANNEL,
						 sudog_channel(layout, sudog)));
			uint64_t link = member_u64(sudog, layout->sudog_waitlink);
			if (!member_u8(sudog, layout->sudog_is_select) || !link ||
			    map_find(&capture->objects, link | CAPTURED_SUDOG))
				continue;
			TRY(capture_objects_want(capturing, CAPTURED_SUDOG, link));
			sudogs.items[next++] = link;
		}
		sudogs.count = next;
		TRY(capture_objects_run(capturing));
	}
	return NULL;
}

/* A goroutine, and the deferred call of its list that is looked at. */
struct deferred_walk {
	const struct captured_goroutine *goroutine;
	uint64_t at;
};

DEFINE_VECTOR(deferred_walk_vector, struct deferred_walk);

/* The next deferred call behind this one; 0 when it is not known or there is none. */
static uint64_t next_deferred(const struct capturing *capturing, const struct deferred_walk *walk)
{
	uint64_t link = 0;
	int32_t offset = capturing->layout->defer_link;
	const uint8_t *deferred = capture_object(capturing->capture, CAPTURED_DEFER, walk->at);
	if (deferred)
		return member_u64(deferred, offset);
	if (offset >= 0)
		(void)stack_bytes_word(&walk->goroutine->stack, walk->at + (uint64_t)offset, &link);
	return link;
}

/*
 * Pending deferred calls: records on the stack, which is here already, or in the heap. One hop a
 * round; a defer in a loop may have made a list without end, of which the head is enough.
 */
static struct error *read_deferred(struct capturing *capturing)
{
	const struct captured_goroutine_vector *list = &capturing->capture->goroutines;
	_cleanup_(deferred_walk_vector_deinit) struct deferred_walk_vector walks = { 0 };
	for (size_t i = 0; i < list->count; i++) {
		struct deferred_walk walk = { &list->items[i], list->items[i].deferred };
		if (walk.at)
			TRY(deferred_walk_vector_append(&walks, &walk));
	}

	for (int hop = 0; walks.count && hop < DEFERRED_MAX; hop++) {
		size_t left = 0;
		capture_objects_begin(capturing);
		for (size_t i = 0; i < walks.count; i++) {
			const struct deferred_walk *walk = &walks.items[i];
			const struct stack_bytes *stack = &walk->goroutine->stack;
			if (walk->at < stack->low || walk->at >= stack->high)
				TRY(capture_objects_want(capturing, CAPTURED_DEFER, walk->at));
		}
		TRY(capture_objects_run(capturing));
		for (size_t i = 0; i < walks.count; i++) {
			walks.items[i].at = next_deferred(capturing, &walks.items[i]);
			if (walks.items[i].at)
				walks.items[left++] = walks.items[i];
		}
		walks.count = left;
	}
	return NULL;
}

struct error *capture_waits(struct capturing *capturing)
{
	TRY(read_waiting(capturing));
	TRY(read_deferred(capturing));
	return capture_queues(capturing);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "heap/heap.h"
#include "leak/live/crowd.h"
#include "model/quantity.h"
#include "runtime/function_name.h"

/*
 * L37: goroutines whose stacks are far larger than the others'. A stack grows to what its deepest call
 * needs and, while that goes on, never shrinks. Deep recursion is what it is. What can be helped is a
 * large array that is handed on by value: it is on the stack of every function on its way, and tells
 * itself by the size of arguments and of frames.
 *
 * Most stacks take 2 to 32 KiB. So 64 KiB, and 16 times the median, is far; a frame of 64 KiB is an
 * array's. That it is handed on by value is seldom meant, and worth an engineer's time from 4 MiB
 * together on. Variables of that size are often meant, and so is depth: 64 MiB.
 */
#define STACK_LARGE  UINT64_C(65536)
#define MEDIAN_TIMES 16
#define FRAME_LARGE  65536
#define TOTAL_VALUES (UINT64_C(4) << 20)
#define TOTAL_LARGE  (UINT64_C(64) << 20)
#define FINDINGS_MAX 5

struct largest {
	const struct frame *frame;
	int64_t bytes;
	bool arguments; /* it is handed them, by value */
};

static int size_compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
	return a < b ? -1 : a > b;
}

/* Of all goroutines but the runtime's own; 0: no sizes are known. */
static struct error *find_median(const struct goroutines *goroutines, uint64_t *ret)
{
	size_t count = 0;
	_cleanup_(free_pointer)
		uint64_t *sizes = calloc(goroutines->list.count + 1, sizeof(*sizes));
	if (!sizes)
		return error_no_memory();
	for (size_t i = 0; i < goroutines->list.count; i++) {
		const struct goroutine *goroutine = &goroutines->list.items[i];
		if (!goroutine->system && goroutine->stack_bytes)
			sizes[count++] = goroutine->stack_bytes;
	}
	qsort(sizes, count, sizeof(*sizes), size_compare);
	*ret = count ? sizes[count / 2] : 0;
	return NULL;
}

/* crowds_gather() hands nothing along but the evidence: who is wanted is claimed by nobody. */
static bool is_wanted(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	(void)evidence;
	return !goroutine->system && goroutine->id != 1 && goroutine->stack_bytes >= STACK_LARGE;
}

/* The frame that takes most, or is handed most. */
static struct largest largest_frame(const struct binary *binary, const struct stack *stack)
{
	struct largest largest = { 0 };
	for (uint32_t i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];
		struct function function;
		if (frame->inlined || !frame->pc || !binary_function(binary, frame->pc, &function))
			continue;
		int32_t arguments = function_arguments_size(&function);
		int32_t bytes = function_sp_delta(&function, frame->pc);
		if (arguments >= FRAME_LARGE && arguments >= largest.bytes)
			largest = (struct largest){ frame, arguments, true };
		else if (bytes > largest.bytes && !largest.arguments)
			largest = (struct largest){ frame, bytes, false };
	}
	return largest;
}

static struct error *tell(const struct live_evidence *evidence, const struct crowd *crowd,
			  const struct largest *largest, uint64_t median, struct findings *ret)
{
	char count[QUANTITY_SIZE], each[QUANTITY_SIZE], usual[QUANTITY_SIZE], part[QUANTITY_SIZE];
	bool array = largest->frame && largest->bytes >= FRAME_LARGE;
	struct finding finding = crowd_finding(crowd, RULE_LARGE_STACKS);
	finding.certainty = array ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT;
	quantity_bytes((int64_t)(crowd->stack_bytes / crowd->count), each);
	quantity_bytes((int64_t)median, usual);
	finding.title = crowd->count == 1
				? findings_text(ret, "a goroutine has a stack of %s", each)
				: findings_text(ret, "%s goroutines have stacks of %s each",
						quantity_count(crowd->count, count), each);
	if (array && largest->arguments)
		finding.why = findings_text(
			ret,
			"%s is handed %s by value, so that they are copied onto the stack for each call on the way; a stack usually takes %s here.",
			largest->frame->function, quantity_bytes(largest->bytes, part), usual);
	else if (array)
		finding.why = findings_text(
			ret,
			"%s alone has %s of variables on the stack, for as long as the call goes on; a stack usually takes %s here.",
			largest->frame->function, quantity_bytes(largest->bytes, part), usual);
	else
		finding.why = findings_text(
			ret,
			"Their calls go %u frames deep; a stack usually takes %s here. It shrinks only once most of it is no more in use.",
			crowd->example->stack->count, usual);
	if (!array)
		finding.settle =
			"See whether the depth follows from what the goroutine works on, and how deep that can be.";
	(void)evidence;
	return finding_vector_append(&ret->list, &finding);
}

static struct error *stacks_find(const struct live_evidence *evidence, void *notes,
				 struct findings *ret)
{
	_cleanup_(crowds_deinit) struct crowds crowds = { 0 };
	struct live_evidence all = *evidence;
	uint64_t median = 0;
	size_t found = 0;
	(void)notes;
	/* Without a heap there is nothing to ask for frames. What others say of them is not about this. */
	if (!evidence->heap)
		return NULL;
	all.claimed = NULL;
	TRY(find_median(evidence->goroutines, &median));
	TRY(crowds_gather(&all, is_wanted, &crowds));
	for (size_t i = 0; i < crowds.list.count && found < FINDINGS_MAX; i++) {
		struct crowd *crowd = &crowds.list.items[i];
		if (crowd->stack_bytes / crowd->count < median * MEDIAN_TIMES ||
		    crowd->stack_bytes < TOTAL_VALUES)
			continue;
		struct largest largest = largest_frame(runtime_binary(evidence->heap->runtime),
						       crowd->example->stack);
		if (!largest.arguments && crowd->stack_bytes < TOTAL_LARGE)
			continue;
		TRY(tell(evidence, crowd, &largest, median, ret));
		found++;
	}
	return NULL;
}

const struct live_detector live_stacks = { .find = stacks_find };

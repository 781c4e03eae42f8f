/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/closed_channel.h"
#include "runtime/selection_private.h"

/*
 * Who runs in a loop around a channel that is closed never waits: that one is closed stands in the channel,
 * which has no pointers where its elements have none. It is wanted of channels that the innermost frames of
 * those lead to that run, or could.
 */
#define WORDS_MAX 256 /* of each stack */

static struct error *look_through(struct runtime *runtime, const struct address_range_vector *heap,
				  const struct target_extent *stack,
				  struct selection_pieces *pieces)
{
	uint64_t words[WORDS_MAX];
	uint64_t size = (uint64_t)runtime_binary(runtime)->layout.hchan_size;
	size_t count = (size_t)MIN((stack->end - stack->start) / 8, (uint64_t)WORDS_MAX);
	if (!error_ignore(target_read(runtime_target(runtime), stack->start, words, count * 8)))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (heap_ranges_has(heap, words[i]) && closed_channel_at(runtime, words[i]))
			TRY(selection_pieces_add(pieces, words[i], words[i] + size));
	}
	return NULL;
}

struct error *selection_closed_find(struct runtime *runtime,
				    const struct target_extent_vector *stacks,
				    struct selection_pieces *pieces)
{
	_cleanup_(address_range_vector_deinit) struct address_range_vector heap = { 0 };
	if (!stacks->count)
		return NULL;
	TRY(heap_ranges_read(runtime, &heap));
	for (size_t i = 0; i < stacks->count; i++)
		TRY(look_through(runtime, &heap, &stacks->items[i], pieces));
	return NULL;
}

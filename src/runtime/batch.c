/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/batch.h"

#define GAP_MAX   256
#define PIECE_MAX ((size_t)1 << 20)

struct error *batch_add(struct batch *batch, uint64_t address, size_t length)
{
	struct target_range range = { .address = address, .length = length };
	return target_range_vector_append(&batch->ranges, &range);
}

/* Does the range go on where the piece ends, or a little behind it? */
static bool extends(const struct target_range *piece, const struct target_range *range)
{
	uint64_t end = piece->address + piece->length;
	return range->address >= end && range->address - end <= GAP_MAX &&
	       range->address - piece->address + range->length <= PIECE_MAX;
}

static struct error *make_pieces(struct batch *batch)
{
	struct target_range *piece = NULL;
	batch->pieces.count = batch->firsts.count = 0;
	TRY(target_range_vector_reserve(&batch->pieces, batch->ranges.count));
	for (size_t i = 0; i < batch->ranges.count; i++) {
		const struct target_range *range = &batch->ranges.items[i];
		if (piece && extends(piece, range)) {
			piece->length = range->address + range->length - piece->address;
			continue;
		}
		uint64_t first = i;
		TRY(u64_vector_append(&batch->firsts, &first));
		TRY(target_range_vector_append(&batch->pieces, range));
		piece = &batch->pieces.items[batch->pieces.count - 1];
	}
	for (size_t i = 0; i < batch->pieces.count; i++) {
		piece = &batch->pieces.items[i];
		piece->into = arena_allocate_raw(batch->arena, piece->length);
		if (!piece->into)
			return error_no_memory();
	}
	return NULL;
}

/* A piece with a hole in it is read again, range by range. */
static struct error *read_apart(struct batch *batch, size_t from, size_t to)
{
	return target_read_ranges(batch->target, batch->ranges.items + from, to - from);
}

struct error *batch_run(struct batch *batch)
{
	TRY(make_pieces(batch));
	TRY(target_read_ranges(batch->target, batch->pieces.items, batch->pieces.count));

	for (size_t i = 0; i < batch->pieces.count; i++) {
		const struct target_range *piece = &batch->pieces.items[i];
		size_t from = batch->firsts.items[i];
		size_t to = i + 1 < batch->pieces.count ? batch->firsts.items[i + 1]
							: batch->ranges.count;
		for (size_t at = from; at < to; at++) {
			struct target_range *range = &batch->ranges.items[at];
			range->into = (uint8_t *)piece->into + (range->address - piece->address);
			range->done = piece->done;
		}
		if (!piece->done && to - from > 1)
			TRY(read_apart(batch, from, to));
	}
	return NULL;
}

const uint8_t *batch_bytes(const struct batch *batch, size_t i)
{
	const struct target_range *range = &batch->ranges.items[i];
	return range->done ? range->into : NULL;
}

void batch_clear(struct batch *batch)
{
	batch->ranges.count = 0;
}

void batch_deinit(struct batch *batch)
{
	target_range_vector_deinit(&batch->ranges);
	target_range_vector_deinit(&batch->pieces);
	u64_vector_deinit(&batch->firsts);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/batch.h"

#include <string.h>

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

/*
 * Put the ranges in the order of their addresses: by digits, the lowest first, which takes a pass
 * for each digit in which they differ.
 */
static struct error *sort_ranges(struct batch *batch)
{
	enum { BITS = 11, DIGITS = 1 << BITS };
	size_t count = batch->ranges.count;
	const struct target_range *ranges = batch->ranges.items;
	uint64_t differing = 0;
	bool sorted = true;
	batch->order.count = batch->spare.count = 0;
	TRY(u32_vector_reserve(&batch->order, count));
	TRY(u32_vector_reserve(&batch->spare, count));
	for (uint32_t i = 0; i < count; i++) {
		TRY(u32_vector_append(&batch->order, &i));
		differing |= ranges[i].address ^ ranges[0].address;
		sorted &= !i || ranges[i - 1].address <= ranges[i].address;
	}

	for (unsigned shift = 0; !sorted && shift < 64; shift += BITS) {
		uint32_t starts[DIGITS] = { 0 }, start = 0;
		if (!(differing >> shift & (DIGITS - 1)))
			continue;
		for (size_t i = 0; i < count; i++)
			starts[ranges[i].address >> shift & (DIGITS - 1)]++;
		for (size_t i = 0; i < DIGITS; i++) {
			uint32_t some = starts[i];
			starts[i] = start;
			start += some;
		}
		for (size_t i = 0; i < count; i++) {
			uint32_t at = batch->order.items[i];
			uint64_t digit = ranges[at].address >> shift & (DIGITS - 1);
			batch->spare.items[starts[digit]++] = at;
		}
		struct u32_vector done = batch->spare;
		done.count = count;
		batch->spare = batch->order;
		batch->order = done;
	}
	return NULL;
}

static struct target_range *range_in_order(struct batch *batch, size_t i)
{
	return &batch->ranges.items[batch->order.items[i]];
}

static struct error *make_pieces(struct batch *batch)
{
	struct target_range *piece = NULL;
	batch->pieces.count = batch->firsts.count = 0;
	TRY(target_range_vector_reserve(&batch->pieces, batch->ranges.count));
	for (uint32_t i = 0; i < batch->ranges.count; i++) {
		const struct target_range *range = range_in_order(batch, i);
		if (piece && extends(piece, range)) {
			piece->length = range->address + range->length - piece->address;
			continue;
		}
		TRY(u32_vector_append(&batch->firsts, &i));
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
	_cleanup_(target_range_vector_deinit) struct target_range_vector ranges = { 0 };
	for (size_t i = from; i < to; i++)
		TRY(target_range_vector_append(&ranges, range_in_order(batch, i)));
	TRY(target_read_ranges(batch->target, ranges.items, ranges.count));
	for (size_t i = from; i < to; i++)
		range_in_order(batch, i)->done = ranges.items[i - from].done;
	return NULL;
}

struct error *batch_run(struct batch *batch)
{
	if (batch->ranges.count > UINT32_MAX)
		return error_no_memory();
	TRY(sort_ranges(batch));
	TRY(make_pieces(batch));
	TRY(target_read_ranges(batch->target, batch->pieces.items, batch->pieces.count));

	for (size_t i = 0; i < batch->pieces.count; i++) {
		const struct target_range *piece = &batch->pieces.items[i];
		size_t from = batch->firsts.items[i];
		size_t to = i + 1 < batch->pieces.count ? batch->firsts.items[i + 1]
							: batch->ranges.count;
		for (size_t at = from; at < to; at++) {
			struct target_range *range = range_in_order(batch, at);
			range->into = (uint8_t *)piece->into + (range->address - piece->address);
			range->done = piece->done;
		}
		if (!piece->done && to - from > 1)
			TRY(read_apart(batch, from, to));
	}
	return NULL;
}

/* Have the memory at hand, and touched, that so many reads are going to need. */
struct error *batch_prepare(struct batch *batch, size_t count)
{
	if (!count)
		return NULL;
	TRY(target_range_vector_reserve(&batch->ranges, count));
	TRY(target_range_vector_reserve(&batch->pieces, count));
	TRY(u32_vector_reserve(&batch->firsts, count));
	TRY(u32_vector_reserve(&batch->order, count));
	TRY(u32_vector_reserve(&batch->spare, count));
	memset(batch->ranges.items, 0, count * sizeof(*batch->ranges.items));
	memset(batch->pieces.items, 0, count * sizeof(*batch->pieces.items));
	memset(batch->firsts.items, 0, count * sizeof(*batch->firsts.items));
	memset(batch->order.items, 0, count * sizeof(*batch->order.items));
	memset(batch->spare.items, 0, count * sizeof(*batch->spare.items));
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
	u32_vector_deinit(&batch->firsts);
	u32_vector_deinit(&batch->order);
	u32_vector_deinit(&batch->spare);
}

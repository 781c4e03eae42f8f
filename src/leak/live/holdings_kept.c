/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"
#include "leak/live/holdings.h"

/* Three counts, those of descriptors, then all of them in a row: numbers of 64 bits. */
#define HOLDING_WORDS 11
#define OPEN_WORDS    (2 * CLOSABLE_KINDS)

static void write_words(const uint64_t *words, size_t count, struct writer *writer)
{
	if (count)
		writer_bytes(writer, words, count * sizeof(*words));
}

void live_holdings_write(const struct live_holdings *holdings, struct writer *writer)
{
	const uint64_t counts[] = {
		holdings->list.count,
		holdings->samples.count,
		holdings->contents.count,
	};
	write_words(counts, ARRAY_SIZE(counts), writer);
	for (size_t i = 0; i < CLOSABLE_KINDS; i++)
		write_words(holdings->open[i], 2, writer);
	for (size_t i = 0; i < holdings->list.count; i++) {
		const struct live_holding *holding = &holdings->list.items[i];
		const uint64_t words[HOLDING_WORDS] = {
			holding->kind,          holding->address,
			holding->array,         holding->reserved | (uint64_t)holding->partial << 1,
			holding->entries,       holding->objects,
			holding->bytes,         holding->first_sample,
			holding->sample_count,  holding->first_content,
			holding->content_count,
		};
		write_words(words, HOLDING_WORDS, writer);
	}
	write_words(holdings->samples.items, holdings->samples.count, writer);
	write_words(holdings->contents.items, holdings->contents.count, writer);
}

static bool is_within(uint64_t first, uint64_t count, uint64_t all)
{
	return first <= all && count <= all - first;
}

static struct live_holding parse_holding(struct cursor *cursor, const uint64_t counts[3])
{
	uint64_t words[HOLDING_WORDS];
	for (size_t i = 0; i < HOLDING_WORDS; i++)
		words[i] = cursor_u64(cursor);
	if (words[0] > HOLDING_SLICE || !is_within(words[7], words[8], counts[1]) ||
	    !is_within(words[9], words[10], counts[2]))
		cursor_fail(cursor, "a holder is none");
	return (struct live_holding){
		.kind = (enum holding_kind)(words[0] & 3),
		.address = words[1],
		.vertex = VERTEX_NONE,
		.array = words[2],
		.reserved = (words[3] & 1) != 0,
		.partial = (words[3] & 2) != 0,
		.entries = words[4],
		.objects = words[5],
		.bytes = words[6],
		.first_sample = words[7],
		.sample_count = words[8],
		.first_content = words[9],
		.content_count = words[10],
	};
}

static struct error *parse_words(struct cursor *cursor, uint64_t count, struct u64_vector *ret)
{
	TRY(u64_vector_reserve(ret, count));
	while (ret->count < count)
		ret->items[ret->count++] = cursor_u64(cursor);
	return cursor_check(cursor);
}

static struct error *parse(struct cursor *cursor, struct live_holdings *ret)
{
	uint64_t counts[3], left;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		counts[i] = cursor_u64(cursor);
	for (size_t i = 0; i < OPEN_WORDS; i++)
		ret->open[i / 2][i % 2] = cursor_u64(cursor);
	TRY(cursor_check(cursor));
	left = cursor_left(cursor) / sizeof(uint64_t);
	if (counts[0] > left || counts[1] > left || counts[2] > left ||
	    counts[0] * HOLDING_WORDS + counts[1] + counts[2] != left)
		cursor_fail(cursor, "there are not as many holders");
	for (uint64_t i = 0; !cursor->failure && i < counts[0]; i++) {
		struct live_holding holding = parse_holding(cursor, counts);
		struct map_slot *slot;
		TRY(cursor_check(cursor));
		TRY(map_insert(&ret->by_address, holding.address & INT64_MAX, i, &slot));
		TRY(live_holding_vector_append(&ret->list, &holding));
	}
	TRY(cursor_check(cursor));
	TRY(parse_words(cursor, counts[1], &ret->samples));
	return parse_words(cursor, counts[2], &ret->contents);
}

struct error *live_holdings_parse(const void *bytes, size_t size, struct live_holdings *ret)
{
	struct cursor cursor = cursor_make(bytes, size, "what was held", 0);
	struct live_holdings holdings = { 0 };
	struct error *error = parse(&cursor, &holdings);
	if (error)
		live_holdings_deinit(&holdings);
	else
		*ret = holdings;
	return error;
}

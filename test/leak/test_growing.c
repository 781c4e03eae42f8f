/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "leak/live/growing_private.h"

#define KIB    (UINT64_C(1) << 10)
#define MIB    (UINT64_C(1) << 20)
#define SECOND INT64_C(1000000000)

/* A map of so many entries of 4 KiB that had so many; all that was looked at is still there. */
static struct growing map_of(uint64_t entries, uint64_t before, bool endless)
{
	return (struct growing){
		.kind = HOLDING_MAP,
		.count = 1,
		.entries = entries,
		.bytes = entries * 4 * KIB,
		.entries_before = before,
		.bytes_before = before * 4 * KIB,
		.samples = 200,
		.kept = 200,
		.endless = endless,
	};
}

/* Elements of 400 bytes, of a slice that append makes; 3 s between the looks, and a minute old. */
static struct growing slice_of(uint64_t entries, uint64_t before)
{
	return (struct growing){
		.kind = HOLDING_SLICE,
		.count = 1,
		.entries = entries,
		.bytes = entries * 400,
		.entries_before = before,
		.bytes_before = before * 400,
		.samples = 200,
		.kept = 200,
		.alike = true,
		.elapsed_ns = 3 * SECOND,
		.age_ns = 60 * SECOND,
	};
}

#define NOTHING (-1)

static void check_judged(struct growing growing, int expected, const char *what)
{
	enum certainty certainty;
	int judged = growing_judge(&growing, &certainty) ? (int)certainty : NOTHING;
	if (judged != expected)
		fail_msg("%s: %d, not %d", what, judged, expected);
}

static void a_map_that_nothing_is_deleted_from_only_grows(void **state)
{
	(void)state;
	check_judged(map_of(1500, 1350, true), CERTAINTY_LIKELY, "a tenth more");
	check_judged(map_of(716, 700, true), CERTAINTY_LIKELY, "sixteen more of 700");
	check_judged(map_of(715, 700, true), CERTAINTY_LIKELY, "fifteen more");
	check_judged(map_of(708, 700, true), CERTAINTY_LIKELY, "eight more");
	check_judged(map_of(707, 700, true), CERTAINTY_SUSPECT, "seven more");
	check_judged(map_of(703, 700, true), NOTHING, "three more");
	check_judged(map_of(700, 700, true), NOTHING, "none more");
	check_judged(map_of(690, 700, true), NOTHING, "fewer");
	/* A few of very many say nothing. */
	check_judged(map_of(100015, 100000, true), NOTHING, "fifteen of 100,000");
	check_judged(map_of(100016, 100000, true), NOTHING, "sixteen of 100,000");
	check_judged(map_of(100100, 100000, true), CERTAINTY_LIKELY, "one in a thousand");
}

/* Half of a sync.Map's entries seem to grow while they move from one of its maps to the other. */
static void what_was_counted_in_part_grows_where_nothing_is_deleted_alone(void **state)
{
	(void)state;
	struct growing growing = map_of(1500, 1350, true);
	growing.kind = HOLDING_SYNC_MAP;
	growing.partial = true;
	check_judged(growing, CERTAINTY_LIKELY, "nothing deletes");
	growing.endless = false;
	check_judged(growing, NOTHING, "something deletes");
	growing.partial = false;
	check_judged(growing, CERTAINTY_SUSPECT, "all are counted");
}

/* Few more are nothing to speak of where one is gone. */
static void few_must_all_be_kept(void **state)
{
	(void)state;
	struct growing growing = map_of(715, 700, true);
	growing.kept = 199;
	check_judged(growing, NOTHING, "fifteen more, one gone");
	growing = map_of(800, 700, true);
	growing.kept = 199;
	check_judged(growing, CERTAINTY_LIKELY, "a hundred more, one gone");
	growing = map_of(715, 700, true);
	growing.samples = growing.kept = GROWING_SAMPLES_LEAST - 1;
	check_judged(growing, NOTHING, "fifteen more, of which little is known");
}

/* A store with a time limit loses none until the first of its entries is old enough. */
static void what_code_deletes_from_is_suspected(void **state)
{
	(void)state;
	check_judged(map_of(1500, 1350, false), CERTAINTY_SUSPECT, "a tenth more");
	check_judged(map_of(708, 700, false), CERTAINTY_SUSPECT, "eight more");
	check_judged(map_of(707, 700, false), NOTHING, "seven more: requests come and go");
	struct growing growing = map_of(1500, 1350, false);
	growing.kind = HOLDING_SYNC_MAP;
	check_judged(growing, CERTAINTY_SUSPECT, "a sync.Map");
	growing.endless = true;
	check_judged(growing, CERTAINTY_LIKELY, "a sync.Map that nothing is deleted from");
}

static void what_loses_entries_is_a_cache_or_a_queue(void **state)
{
	(void)state;
	struct growing growing = map_of(1500, 1350, false);
	growing.kept = 150;
	check_judged(growing, NOTHING, "a cache that is full");
	growing = map_of(1700, 1350, false);
	growing.kept = 150;
	check_judged(growing, CERTAINTY_SUSPECT, "a cache that still fills");
	growing.kept = 90;
	check_judged(growing, NOTHING, "a queue");
	/* More entries, and less in them. */
	growing = map_of(1500, 1350, false);
	growing.kept = 150;
	growing.bytes = growing.bytes_before / 2;
	check_judged(growing, NOTHING, "less");
}

static void a_batch_is_suspected(void **state)
{
	(void)state;
	struct growing growing = slice_of(12000, 11000);
	check_judged(growing, CERTAINTY_LIKELY, "a slice that append makes");
	growing.reserved = 1;
	check_judged(growing, CERTAINTY_SUSPECT, "room that was asked for in advance");
	growing = slice_of(12000, 11000);
	growing.age_ns = 3600 * SECOND;
	check_judged(growing, CERTAINTY_SUSPECT, "empty 36 s ago, in a program an hour old");
	growing.age_ns = -1;
	check_judged(growing, CERTAINTY_LIKELY, "nobody knows how old the program is");
	growing = slice_of(2000, 1000);
	check_judged(growing, NOTHING, "less than a batch may have");
}

/* Elements that are alike, or were not read: a frame that was made larger once looks the same. */
static void size_alone_says_little_of_a_slice(void **state)
{
	(void)state;
	struct growing growing = slice_of(2 * MIB / 400, MIB / 400);
	growing.samples = growing.kept = 0;
	check_judged(growing, CERTAINTY_SUSPECT, "a frame twice as large");
	/* A map has its entries, of which each was put there. */
	growing = map_of(100000, 50000, true);
	growing.samples = growing.kept = 0;
	check_judged(growing, CERTAINTY_LIKELY, "a map without objects");
	growing.endless = false;
	check_judged(growing, CERTAINTY_SUSPECT, "such a map that code deletes from");
}

static void globals_are_judged_by_bytes(void **state)
{
	(void)state;
	struct growing growing = {
		.kind = HOLDING_GLOBAL,
		.count = 1,
		.entries = 900,
		.entries_before = 1000,
		.bytes = 10 * MIB + 64 * KIB,
		.bytes_before = 10 * MIB,
		.samples = 200,
		.kept = 200,
	};
	check_judged(growing, CERTAINTY_LIKELY, "64 KiB more");
	growing.bytes--;
	check_judged(growing, NOTHING, "a byte less than that");
	growing.bytes = 9 * MIB;
	check_judged(growing, NOTHING, "less");
	/* One array, exchanged for a larger one. */
	growing.bytes = 20 * MIB;
	growing.samples = growing.kept = 0;
	check_judged(growing, CERTAINTY_SUSPECT, "an array that was made larger once");
}

/* So many entries after the first of five rounds, after the third, and at the end. */
static void check_rounds(struct growing growing, uint64_t before, uint64_t middle, uint64_t now,
			 int expected)
{
	const struct live_rounds rounds = { .first = 2, .second = 2 };
	enum certainty certainty;
	growing.entries_before = before;
	growing.entries_middle = middle;
	growing.entries = now;
	int judged = growing_judge_rounds(&growing, &rounds, &certainty) ? (int)certainty : NOTHING;
	if (judged != expected)
		fail_msg("%d, %d, %d: %d, not %d", (int)before, (int)middle, (int)now, judged,
			 expected);
}

static void rounds_tell_what_grows_evenly(void **state)
{
	(void)state;
	struct growing map = map_of(50, 10, true), slice = slice_of(50, 10);
	check_rounds(map, 10, 30, 50, CERTAINTY_LIKELY);
	check_rounds(map, 1, 3, 5, CERTAINTY_LIKELY);
	check_rounds(map, 10, 11, 12, NOTHING); /* less than one a round */
	check_rounds(map, 100, 100, 100, NOTHING);
	check_rounds(map, 100, 140, 140, NOTHING); /* full */
	check_rounds(map, 100, 140, 150, NOTHING); /* ever more slowly */
	check_rounds(map, 50, 30, 50, NOTHING);
	check_rounds(slice, 10, 30, 50, CERTAINTY_LIKELY);
	check_rounds(slice, 10, 30, 70, CERTAINTY_SUSPECT); /* unevenly */
	map.endless = false;
	check_rounds(map, 10, 30, 50, CERTAINTY_SUSPECT);
	slice.kept = 20; /* a ring of the last ones */
	check_rounds(slice, 10, 30, 50, NOTHING);
	slice.kept = slice.samples - 1;
	check_rounds(slice, 10, 30, 50, CERTAINTY_LIKELY);
	slice.absent = 1;
	check_rounds(slice, 10, 30, 50, NOTHING);
}

static void add_holding(struct live_holdings *holdings, struct live_holding holding)
{
	check_ok(live_holding_vector_append(&holdings->list, &holding));
}

static void what_is_kept_is_had_again(void **state)
{
	(void)state;
	const uint64_t words[] = { 7, 8, 9 };
	struct live_holdings before = { 0 }, after = { 0 };
	struct writer writer = WRITER_TO_MEMORY;
	add_holding(&before, (struct live_holding){ .kind = HOLDING_MAP,
						    .address = 0x1000,
						    .entries = 5,
						    .first_sample = 1,
						    .sample_count = 1 });
	add_holding(&before, (struct live_holding){ .kind = HOLDING_SLICE,
						    .address = 0x2001,
						    .bytes = 50,
						    .reserved = true });
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		check_ok(u64_vector_append(i < 2 ? &before.samples : &before.contents, &words[i]));
	before.open[CLOSABLE_SOCKET][1] = 3;
	live_holdings_write(&before, &writer);
	check_ok(live_holdings_parse(writer.bytes, writer.length, &after));
	const struct live_holding *map = live_holdings_find(&after, 0x1000);
	assert_non_null(map);
	assert_int_equal(map->entries, 5);
	assert_int_equal(after.samples.items[map->first_sample], 8);
	assert_true(live_holdings_find(&after, 0x2001)->reserved);
	assert_int_equal(after.open[CLOSABLE_SOCKET][1], 3);
	assert_int_equal(after.open[CLOSABLE_FILE][1], 0);
	live_holdings_deinit(&after);
	/* Cut anywhere, or with a count that is too large, it is none. */
	for (size_t size = 0; size < writer.length; size += 4)
		check_error(live_holdings_parse(writer.bytes, size, &after), ERROR_CORRUPT, "held");
	live_holdings_deinit(&before);
	writer_deinit(&writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_map_that_nothing_is_deleted_from_only_grows),
		cmocka_unit_test(what_was_counted_in_part_grows_where_nothing_is_deleted_alone),
		cmocka_unit_test(few_must_all_be_kept),
		cmocka_unit_test(what_code_deletes_from_is_suspected),
		cmocka_unit_test(what_loses_entries_is_a_cache_or_a_queue),
		cmocka_unit_test(a_batch_is_suspected),
		cmocka_unit_test(size_alone_says_little_of_a_slice),
		cmocka_unit_test(globals_are_judged_by_bytes),
		cmocka_unit_test(rounds_tell_what_grows_evenly),
		cmocka_unit_test(what_is_kept_is_had_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

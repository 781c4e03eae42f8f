/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "heap/views_private.h"

#define SIZE 1000

/* What views of an array of SIZE bytes come to, against a map of its bytes. */
static void check_cover(const struct view *views, size_t count)
{
	struct view copy[64];
	bool used[SIZE] = { false }, reachable[SIZE] = { false };
	struct heap_viewed viewed = { .size = SIZE };
	uint64_t low = SIZE, high = 0, reach = 0, used_bytes = 0, room = 0;
	for (size_t i = 0; i < count; i++) {
		copy[i] = views[i];
		low = MIN(low, views[i].start);
		high = MAX(high, views[i].start + views[i].length);
		reach = MAX(reach, views[i].start + views[i].capacity);
		for (uint64_t at = 0; at < views[i].capacity; at++) {
			reachable[views[i].start + at] = true;
			used[views[i].start + at] |= at < views[i].length;
		}
	}
	for (uint64_t at = 0; at < SIZE; at++) {
		used_bytes += used[at];
		room += reachable[at] && !used[at];
	}
	views_cover(copy, count, &viewed);
	assert_int_equal(viewed.views, count);
	assert_int_equal(viewed.used, used_bytes);
	assert_int_equal(viewed.room, room);
	assert_int_equal(viewed.low, low);
	assert_int_equal(viewed.high, high);
	assert_int_equal(viewed.reach, reach);
}

static void covers_one(void **state)
{
	(void)state;
	static const struct view cases[] = {
		{ .start = 0, .length = 16, .capacity = SIZE },  /* data[:16] */
		{ .start = 100, .length = 16, .capacity = 900 }, /* data[100:116] */
		{ .start = 100, .length = 16, .capacity = 16 },  /* data[100:116:116] */
		{ .start = 0, .length = 0, .capacity = SIZE },   /* data[:0] */
		{ .start = SIZE, .length = 0, .capacity = 0 },   /* data[len(data):] */
		{ .start = 0, .length = SIZE, .capacity = SIZE },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_cover(&cases[i], 1);
}

static void covers_many(void **state)
{
	(void)state;
	unsigned random = 1;
	for (int round = 0; round < 2000; round++) {
		struct view views[64];
		size_t count = 1 + (size_t)round % ARRAY_SIZE(views);
		for (size_t i = 0; i < count; i++) {
			uint64_t numbers[3];
			for (int k = 0; k < 3; k++) {
				random = random * 1103515245 + 12345;
				numbers[k] = random >> 16 & 0x7fff;
			}
			uint64_t start = numbers[0] % SIZE;
			uint64_t capacity = numbers[1] % (round % 2 ? 20 : SIZE - start + 1);
			capacity = MIN(capacity, SIZE - start);
			views[i] = (struct view){
				.field = (uint32_t)i,
				.start = start,
				.capacity = capacity,
				.length = numbers[2] % (capacity + 1),
			};
		}
		check_cover(views, count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(covers_one),
		cmocka_unit_test(covers_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

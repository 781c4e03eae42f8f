/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "base/cursor.h"

static void reads_numbers_in_order(void **state)
{
	(void)state;
	const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	struct cursor cursor = cursor_make(bytes, sizeof(bytes), "numbers", 0x100);
	assert_int_equal(cursor_u8(&cursor), 1);
	assert_int_equal(cursor_u16(&cursor), 0x0302);
	assert_int_equal(cursor_u32(&cursor), 0x07060504);
	assert_true(cursor_u64(&cursor) == 0x0f0e0d0c0b0a0908);
	assert_int_equal(cursor_left(&cursor), 0);
	check_ok(cursor_check(&cursor));
}

static void remembers_the_first_failure(void **state)
{
	(void)state;
	const uint8_t bytes[] = { 1, 2, 3 };
	struct cursor cursor = cursor_make(bytes, sizeof(bytes), "short.bin", 0x40);
	assert_int_equal(cursor_u16(&cursor), 0x0201);
	assert_int_equal(cursor_u32(&cursor), 0);
	/* There is a byte left, but the cursor has failed: nothing is read any more. */
	assert_int_equal(cursor_u8(&cursor), 0);
	cursor_fail(&cursor, "is of the wrong colour");
	check_error(cursor_check(&cursor), ERROR_CORRUPT,
		    "short.bin: ends too early at offset 0x42");
}

static void never_leaves_its_bytes(void **state)
{
	(void)state;
	uint8_t bytes[16] = { 0 };
	for (size_t size = 0; size < sizeof(bytes); size++) {
		for (uint64_t seek = 0; seek < 20; seek++) {
			struct cursor cursor = cursor_make(bytes, size, "zeroes", 0);
			cursor_seek(&cursor, seek);
			assert_true((seek <= size) == (cursor.failure == NULL));
			cursor_skip(&cursor, 3);
			(void)cursor_u64(&cursor);
			assert_true(cursor.position >= bytes && cursor.position <= bytes + size);
		}
	}
	struct cursor cursor = cursor_make(bytes, sizeof(bytes), "zeroes", 0);
	cursor_skip(&cursor, UINT64_MAX);
	check_error(cursor_check(&cursor), ERROR_CORRUPT, "ends too early");
}

static void decodes_leb128(void **state)
{
	(void)state;
	const uint8_t bytes[] = { 0xe5, 0x8e, 0x26, 0x7f, 0xff, 0xff, 0xff, 0xff,
				  0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x80, 0x7f };
	struct cursor cursor = cursor_make(bytes, sizeof(bytes), "leb128", 0);
	assert_true(cursor_uleb128(&cursor) == 624485);
	assert_true(cursor_sleb128(&cursor) == -1);
	assert_true(cursor_uleb128(&cursor) == UINT64_MAX);
	assert_true(cursor_sleb128(&cursor) == -128);
	check_ok(cursor_check(&cursor));

	const uint8_t endless[] = { 0x80, 0x80, 0x80 };
	cursor = cursor_make(endless, sizeof(endless), "endless", 0);
	(void)cursor_uleb128(&cursor);
	check_error(cursor_check(&cursor), ERROR_CORRUPT, "ends too early");

	const uint8_t large[] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01
	};
	cursor = cursor_make(large, sizeof(large), "large", 0);
	(void)cursor_uleb128(&cursor);
	check_error(cursor_check(&cursor), ERROR_CORRUPT, "beyond 64 bits");
}

static void strings_need_an_end(void **state)
{
	(void)state;
	const char bytes[] = { 'a', 'b', 0, 'c' };
	struct cursor cursor = cursor_make(bytes, sizeof(bytes), "strings", 0);
	assert_string_equal(cursor_string(&cursor), "ab");
	assert_string_equal(cursor_string(&cursor), "");
	check_error(cursor_check(&cursor), ERROR_CORRUPT, "without an end at offset 0x3");
}

static void a_part_keeps_the_offset_and_the_failure(void **state)
{
	(void)state;
	uint8_t bytes[8] = { 0 };
	struct cursor cursor = cursor_make(bytes, sizeof(bytes), "whole", 0x1000);
	cursor_skip(&cursor, 2);
	struct cursor part = cursor_sub(&cursor, 4);
	assert_int_equal(cursor_left(&part), 4);
	assert_true(cursor_offset(&part) == 0x1002);
	assert_true(cursor_offset(&cursor) == 0x1006);
	part = cursor_sub(&cursor, 3);
	check_error(cursor_check(&part), ERROR_CORRUPT, "0x1006");
	check_error(cursor_check(&cursor), ERROR_CORRUPT, "0x1006");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_numbers_in_order),
		cmocka_unit_test(remembers_the_first_failure),
		cmocka_unit_test(never_leaves_its_bytes),
		cmocka_unit_test(decodes_leb128),
		cmocka_unit_test(strings_need_an_end),
		cmocka_unit_test(a_part_keeps_the_offset_and_the_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

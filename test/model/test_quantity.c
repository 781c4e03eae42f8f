/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "model/quantity.h"
#include "model/synthetic.h"

static void counts_have_commas(void **state)
{
	(void)state;
	char text[QUANTITY_SIZE];
	assert_string_equal(quantity_count(0, text), "0");
	assert_string_equal(quantity_count(999, text), "999");
	assert_string_equal(quantity_count(1031, text), "1,031");
	assert_string_equal(quantity_count(142000, text), "142,000");
	assert_string_equal(quantity_count(UINT64_MAX, text), "18,446,744,073,709,551,615");
}

static void bytes_have_a_unit(void **state)
{
	(void)state;
	char text[QUANTITY_SIZE];
	assert_string_equal(quantity_bytes(0, text), "0 bytes");
	assert_string_equal(quantity_bytes(1023, text), "1023 bytes");
	assert_string_equal(quantity_bytes(2048, text), "2.0 KiB");
	assert_string_equal(quantity_bytes(2200000, text), "2.1 MiB");
	assert_string_equal(quantity_bytes((1 << 20) - 1, text), "1.0 MiB");
	assert_string_equal(quantity_bytes(INT64_C(611) << 20, text), "611 MiB");
	assert_string_equal(quantity_bytes(INT64_MAX, text), "8388608 TiB");
}

static void durations_have_two_units_at_most(void **state)
{
	(void)state;
	const int64_t second = 1000000000;
	char text[QUANTITY_SIZE], range[QUANTITY_SIZE * 2];
	assert_string_equal(quantity_duration(3100000, text), "3.1 ms");
	assert_string_equal(quantity_duration(11400000, text), "11 ms");
	assert_string_equal(quantity_duration(59 * second, text), "59 s");
	assert_string_equal(quantity_duration(119 * second, text), "1 min");
	assert_string_equal(quantity_duration(11460 * second, text), "3 h 11 min");
	assert_string_equal(quantity_duration(90000 * second, text), "1 d 1 h");
	assert_string_equal(quantity_durations(120 * second, 11460 * second, range),
			    "2 min to 3 h 11 min");
	assert_string_equal(quantity_durations(120 * second, 125 * second, range), "2 min");
	assert_string_equal(quantity_durations(-1, -1, range), "");
	assert_string_equal(quantity_durations(-1, 125 * second, range), "up to 2 min");
}

static void rounded_parts_sum_to_the_rounded_whole(void **state)
{
	(void)state;
	uint64_t seed = 7;
	for (int round = 0; round < 2000; round++) {
		int64_t parts[12], rounded[12], total = 0, sum = 0;
		size_t count = 1 + synthetic_random(&seed) % ARRAY_SIZE(parts);
		int64_t divisor = 1 + synthetic_random(&seed) % 1000;
		for (size_t i = 0; i < count; i++) {
			/* What is not explained may be negative. */
			parts[i] = (int64_t)(synthetic_random(&seed) % 100000) - 2000;
			total += parts[i];
		}
		int64_t whole = quantity_round_parts(parts, count, divisor, rounded);
		for (size_t i = 0; i < count; i++) {
			sum += rounded[i];
			assert_true(llabs(rounded[i] * divisor - parts[i]) < divisor);
		}
		assert_int_equal(sum, whole);
		assert_true(llabs(whole * divisor - total) * 2 <= divisor);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_have_commas),
		cmocka_unit_test(bytes_have_a_unit),
		cmocka_unit_test(durations_have_two_units_at_most),
		cmocka_unit_test(rounded_parts_sum_to_the_rounded_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "binary/pointer_program.h"

/* The mask as text, lowest bit first. */
static bool run(const void *program, size_t size, size_t count, char *ret)
{
	uint8_t mask[64];
	bool good = pointer_program_run(program, size, mask, count);
	for (size_t i = 0; i < count; i++)
		ret[i] = mask[i / 8] >> i % 8 & 1 ? '1' : '0';
	ret[count] = '\0';
	return good;
}

#define CHECK(expected, ...)                                                                       \
	do {                                                                                       \
		static const uint8_t program[] = { __VA_ARGS__ };                                  \
		char text[512 + 1];                                                                \
		assert_true(run(program, sizeof(program), strlen(expected), text));                \
		assert_string_equal(expected, text);                                               \
	} while (0)

#define CHECK_BAD(count, ...)                                                                      \
	do {                                                                                       \
		static const uint8_t program[] = { __VA_ARGS__ };                                  \
		char text[512 + 1];                                                                \
		assert_false(run(program, sizeof(program), (count), text));                        \
	} while (0)

static void bits_are_copied(void **state)
{
	(void)state;
	CHECK("101", 3, 0x05, 0);
	CHECK("1000000011", 10, 0x01, 0x03, 0);
	/* What is behind the end has no pointers. */
	CHECK("10100000", 3, 0x05, 0);
}

static void bits_are_repeated(void **state)
{
	(void)state;
	CHECK("011011011011", 3, 0x06, 0x80 | 3, 3, 0);
	/* Only the last of them, and then something else. */
	CHECK("1101010111", 4, 0x0b, 0x80 | 2, 2, 2, 0x03, 0);
	/* How many, and how often, in numbers of any length. */
	CHECK("0110110110110110110110110110110110110110", 3, 0x06, 0x80, 3, 0x90, 0x01, 0);
}

static void the_mask_is_not_left(void **state)
{
	(void)state;
	CHECK("1111", 8, 0xff, 0);
	CHECK("10101", 2, 0x01, 0x80 | 2, 0xff, 0xff, 0xff, 0xff, 0x7f);
}

static void nonsense_is_refused(void **state)
{
	(void)state;
	CHECK_BAD(8, 4);
	CHECK_BAD(8, 3, 0x05);
	CHECK_BAD(8, 0x80 | 1, 5, 0);
	CHECK_BAD(8, 2, 0x01, 0x80 | 3, 5, 0);
	CHECK_BAD(8, 2, 0x01, 0x80, 0, 5, 0);
	/* It does nothing, for ever. */
	CHECK_BAD(8, 1, 0x01, 0x81, 0, 0x81, 0, 0x81, 0, 0x81, 0, 0x81, 0, 0x81, 0, 0x81, 0, 0x81,
		  0, 0x81, 0, 0x81, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bits_are_copied),
		cmocka_unit_test(bits_are_repeated),
		cmocka_unit_test(the_mask_is_not_left),
		cmocka_unit_test(nonsense_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/vector.h"

static void a_vector_keeps_what_was_appended(void **state)
{
	(void)state;
	_cleanup_(u64_vector_deinit) struct u64_vector vector = { 0 };
	for (uint64_t i = 0; i < 10000; i++) {
		uint64_t square = i * i;
		check_ok(u64_vector_append(&vector, &square));
	}
	assert_int_equal(vector.count, 10000);
	for (uint64_t i = 0; i < vector.count; i++)
		assert_true(vector.items[i] == i * i);
}

static void a_vector_refuses_what_overflows(void **state)
{
	(void)state;
	_cleanup_(u64_vector_deinit) struct u64_vector vector = { 0 };
	check_error(u64_vector_reserve(&vector, SIZE_MAX / 4), ERROR_NO_MEMORY, "out of memory");
	assert_null(vector.items);
	assert_int_equal(vector.capacity, 0);
}

static void a_map_finds_what_was_inserted(void **state)
{
	(void)state;
	_cleanup_(map_deinit) struct map map = { 0 };
	enum { COUNT = 20000 };
	struct map_slot *slot;

	assert_null(map_find(&map, 1));
	for (uint64_t i = 0; i < COUNT; i++) {
		check_ok(map_insert(&map, i << 13, i, &slot));
		assert_true(slot->value == i);
	}
	for (uint64_t i = 0; i < COUNT; i++) {
		check_ok(map_insert(&map, i << 13, 99, &slot));
		assert_true(slot->value == i); /* the first one stays */
	}
	assert_int_equal(map.count, COUNT);
	for (uint64_t i = 0; i < COUNT; i++) {
		assert_true(map_find(&map, i << 13)->value == i);
		assert_null(map_find(&map, (i << 13) + 1));
	}
	assert_null(map_find(&map, UINT64_MAX));
}

static void hashes_of_bytes_differ(void **state)
{
	(void)state;
	const char text[] = "goroutine goroutine goroutine";
	for (size_t i = 0; i < sizeof(text); i++) {
		for (size_t j = 0; j < i; j++)
			assert_true(hash_bytes(text, i) != hash_bytes(text, j));
	}
	assert_true(hash_bytes("a\0", 2) != hash_bytes("a", 1));
}

static void an_arena_gives_apart_aligned_zeroes(void **state)
{
	(void)state;
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	unsigned char *last = NULL;
	for (size_t size = 0; size < 3000; size++) {
		unsigned char *memory = arena_allocate(&arena, size);
		assert_non_null(memory);
		assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(memory[i], 0);
		memset(memory, 0xff, size);
		assert_true(memory != last || size == 1);
		last = memory;
	}
	unsigned char *large = arena_allocate(&arena, (size_t)16 << 20);
	assert_non_null(large);
	assert_string_equal(arena_copy_string(&arena, "leaky", 4), "leak");
	assert_null(arena_copy_string(&arena, "", SIZE_MAX));
	assert_null(arena_allocate_raw(&arena, SIZE_MAX - 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vector_keeps_what_was_appended),
		cmocka_unit_test(a_vector_refuses_what_overflows),
		cmocka_unit_test(a_map_finds_what_was_inserted),
		cmocka_unit_test(hashes_of_bytes_differ),
		cmocka_unit_test(an_arena_gives_apart_aligned_zeroes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "model/synthetic.h"

static void equal_stacks_are_one(void **state)
{
	(void)state;
	_cleanup_(goroutines_deinit) struct goroutines goroutines = { 0 };
	const char *frames = "main.f@f.go:3 main.main@main.go:9";
	const struct stack *first = synthetic_stack(&goroutines, frames);
	/* The strings are copies: it is their content that counts. */
	assert_ptr_equal(synthetic_stack(&goroutines, frames), first);
	assert_int_equal(goroutines.stacks.count, 1);
	assert_int_equal(first->count, 2);
	assert_string_equal(first->frames[1].function, "main.main");
	assert_ptr_equal(synthetic_stack(&goroutines, ""), synthetic_stack(&goroutines, ""));
}

/* Every member tells stacks apart, also where a pc keeps the strings out of the hash. */
static void different_stacks_are_two(void **state)
{
	(void)state;
	_cleanup_(goroutines_deinit) struct goroutines goroutines = { 0 };
	struct frame frame = {
		.function = "main.f", .file = "f.go", .line = 3, .pc = 1, .entry = 1
	};
	struct frame others[] = { frame, frame, frame, frame, frame, frame, frame };
	others[0].function = "main.g";
	others[1].file = "g.go";
	others[2].line = 4;
	others[3].inlined = true;
	others[4].hidden = true;
	others[5].pc = 2;
	others[6].entry = 2;
	struct stack like = { .count = 1, .shown = 1 };
	const struct stack *stack, *other;
	check_ok(stack_intern(&goroutines.stacks, &goroutines.arena, &like, &frame, &stack));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		check_ok(stack_intern(&goroutines.stacks, &goroutines.arena, &like, &others[i],
				      &other));
		assert_ptr_not_equal(other, stack);
	}
	struct stack likes[] = {
		{ .count = 1, .shown = 1, .elided = 1 },
		{ .count = 1, .shown = 1, .elided_after = 1 },
		{ .count = 1 },
	};
	for (size_t i = 0; i < ARRAY_SIZE(likes); i++) {
		check_ok(stack_intern(&goroutines.stacks, &goroutines.arena, &likes[i], &frame,
				      &other));
		assert_ptr_not_equal(other, stack);
	}
	check_ok(stack_intern(&goroutines.stacks, &goroutines.arena, &like, &frame, &other));
	assert_ptr_equal(other, stack);
	assert_int_equal(goroutines.stacks.count, 1 + ARRAY_SIZE(others) + ARRAY_SIZE(likes));
}

static bool same_frames(const struct stack *a, const struct stack *b)
{
	if (a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++) {
		if (strcmp(a->frames[i].function, b->frames[i].function) != 0 ||
		    a->frames[i].line != b->frames[i].line)
			return false;
	}
	return true;
}

/* Random stacks over few functions, so that many are equal: one pointer for each content. */
static void interning_agrees_with_comparing(void **state)
{
	(void)state;
	enum { COUNT = 1500 };
	_cleanup_(goroutines_deinit) struct goroutines goroutines = { 0 };
	const struct stack *stacks[COUNT];
	uint64_t seed = 1;
	for (size_t i = 0; i < COUNT; i++) {
		char text[256] = "";
		size_t used = 0;
		for (uint32_t n = synthetic_random(&seed) % 5; n; n--)
			used += (size_t)snprintf(text + used, sizeof(text) - used,
						 "main.f%u@f.go:%u ", synthetic_random(&seed) % 3,
						 synthetic_random(&seed) % 3);
		stacks[i] = synthetic_stack(&goroutines, text);
	}
	for (size_t i = 0; i < COUNT; i++) {
		for (size_t j = 0; j < i; j++)
			assert_int_equal(stacks[i] == stacks[j], same_frames(stacks[i], stacks[j]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_stacks_are_one),
		cmocka_unit_test(different_stacks_are_two),
		cmocka_unit_test(interning_agrees_with_comparing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "model/synthetic.h"

#include <time.h>

static const struct goroutine_filter anything = { .min_wait_ns = -1, .system = true };

#define GROUPS(name)                                                                               \
	_cleanup_(goroutine_group_vector_deinit) struct goroutine_group_vector name = { 0 }

static void the_largest_group_comes_first(void **state)
{
	(void)state;
	_cleanup_(goroutines_deinit) struct goroutines goroutines = { 0 };
	GROUPS(groups);
	synthetic_add(&goroutines, "running", "main.main@main.go:1", NULL);
	synthetic_add_many(&goroutines, 3, "chan send", "main.f@f.go:1", "main.main@main.go:2");
	synthetic_add_many(&goroutines, 5, "select", "main.g@f.go:1", "main.main@main.go:3");
	check_ok(goroutines_group(&goroutines, &anything, &groups));
	assert_int_equal(groups.count, 3);
	assert_int_equal(groups.items[0].count, 5);
	assert_string_equal(groups.items[0].example->state_text, "select");
	assert_int_equal(groups.items[0].stack_bytes, 5 * 2048);
	assert_int_equal(groups.items[0].members[0], 4);
	assert_int_equal(groups.items[0].members[4], 8);
	assert_int_equal(groups.items[2].count, 1);
}

static void what_is_not_shown_does_not_part(void **state)
{
	(void)state;
	_cleanup_(goroutines_deinit) struct goroutines goroutines = { 0 };
	GROUPS(groups);
	synthetic_add(&goroutines, "select", "runtime.gopark@!proc.go:1 main.f@f.go:1", NULL);
	synthetic_add(&goroutines, "select", "runtime.block@!select.go:1 main.f@f.go:1", NULL);
	check_ok(goroutines_group(&goroutines, &anything, &groups));
	assert_int_equal(groups.count, 1);
}

static void what_is_shown_parts(void **state)
{
	(void)state;
	_cleanup_(goroutines_deinit) struct goroutines goroutines = { 0 };
	GROUPS(groups);
	const char *creator = "main.main@main.go:1";
	synthetic_add(&goroutines, "select", "main.f@f.go:1 main.h@f.go:9", creator);
	synthetic_add(&goroutines, "select", "main.f@f.go:2 main.h@f.go:9", creator);
	synthetic_add(&goroutines, "select", "main.f@g.go:1 main.h@f.go:9", creator);
	synthetic_add(&goroutines, "select", "main.g@f.go:1 main.h@f.go:9", creator);
	synthetic_add(&goroutines, "select", "main.f@f.go:1", creator);
	synthetic_add(&goroutines, "chan send", "main.f@f.go:1 main.h@f.go:9", creator);
	synthetic_add(&goroutines, "select", "main.f@f.go:1 main.h@f.go:9", "main.main@main.go:2");
	synthetic_add(&goroutines, "select", "main.f@f.go:1 main.h@f.go:9", "main.other@main.go:1");
	synthetic_add(&goroutines, "select", "main.f@f.go:1 main.h@f.go:9", NULL);
	check_ok(goroutines_group(&goroutines, &anything, &groups));
	assert_int_equal(groups.count, goroutines.list.count);
}

static void waits_are_a_range_and_the_longest_is_the_example(void **state)
{
	(void)state;
	_cleanup_(goroutines_deinit) struct goroutines goroutines = { 0 };
	GROUPS(groups);
	const int64_t waits[] = { 20, -1, 90, 3 };
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++)
		synthetic_add(&goroutines, "select", "main.f@f.go:1", NULL)->wait_ns = waits[i];
	check_ok(goroutines_group(&goroutines, &anything, &groups));
	assert_int_equal(groups.count, 1);
	assert_int_equal(groups.items[0].wait_min_ns, 3);
	assert_int_equal(groups.items[0].wait_max_ns, 90);
	assert_int_equal(groups.items[0].example->id, 3);
}

static void unknown_waits_stay_unknown(void **state)
{
	(void)state;
	_cleanup_(goroutines_deinit) struct goroutines goroutines = { 0 };
	GROUPS(groups);
	synthetic_add_many(&goroutines, 2, "select", "main.f@f.go:1", NULL);
	check_ok(goroutines_group(&goroutines, &anything, &groups));
	assert_int_equal(groups.items[0].wait_min_ns, -1);
	assert_int_equal(groups.items[0].wait_max_ns, -1);
	/* Nothing at all is no group. */
	struct goroutine_filter nothing = { .min_wait_ns = 1 };
	GROUPS(none);
	check_ok(goroutines_group(&goroutines, &nothing, &none));
	assert_int_equal(none.count, 0);
}

static void a_filter_is_kept_to(void **state)
{
	(void)state;
	_cleanup_(goroutines_deinit) struct goroutines goroutines = { 0 };
	struct goroutine goroutine = *synthetic_add(
		&goroutines, "chan receive (nil chan)",
		"runtime.gopark@!proc.go:1 main.(*Cart).watch@cart.go:5", "main.start@cart.go:1");
	goroutine.wait_ns = 1000;
	const struct {
		struct goroutine_filter filter;
		bool matches;
	} cases[] = {
		{ { .min_wait_ns = -1 }, true },
		{ { .min_wait_ns = -1, .state = "nil chan" }, true },
		{ { .min_wait_ns = -1, .state = "CHAN RECEIVE" }, true },
		{ { .min_wait_ns = -1, .state = "select" }, false },
		{ { .min_wait_ns = -1, .function = "(*Cart)" }, true },
		{ { .min_wait_ns = -1, .function = "main.start" }, true },
		{ { .min_wait_ns = -1, .function = "gopark" }, false }, /* hidden */
		{ { .min_wait_ns = 1000 }, true },
		{ { .min_wait_ns = 1001 }, false },
		{ { .min_wait_ns = 0, .state = "chan", .function = "watch" }, true },
		{ { .min_wait_ns = 0, .state = "chan", .function = "nothing" }, false },
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(goroutine_matches(&goroutine, &cases[i].filter), cases[i].matches);

	/* A wait that nobody noted is not known to be long enough. */
	goroutine.wait_ns = -1;
	assert_false(goroutine_matches(&goroutine, &cases[9].filter));
	goroutine.system = true;
	assert_false(goroutine_matches(&goroutine, &cases[0].filter));
	assert_true(goroutine_matches(&goroutine, &anything));
}

static bool same_text(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

/* What a reader would take for the same, told apart frame by frame. */
static bool looks_same(const struct goroutine *a, const struct goroutine *b)
{
	const struct frame *shown[2][8];
	size_t counts[2] = { 0 };
	const struct goroutine *both[2] = { a, b };
	for (size_t side = 0; side < 2; side++) {
		const struct stack *stack = both[side]->stack;
		for (uint32_t i = 0; i < stack->count; i++) {
			if (!stack->frames[i].hidden)
				shown[side][counts[side]++] = &stack->frames[i];
		}
	}
	if (counts[0] != counts[1] || !same_text(a->state_text, b->state_text) ||
	    !same_text(a->creator.function, b->creator.function) ||
	    a->creator.line != b->creator.line)
		return false;
	for (size_t i = 0; i < counts[0]; i++) {
		if (!same_text(shown[0][i]->function, shown[1][i]->function) ||
		    shown[0][i]->line != shown[1][i]->line)
			return false;
	}
	return true;
}

static void add_random(struct goroutines *goroutines, uint64_t *seed)
{
	static const char *const states[] = { "select", "chan send", "IO wait" };
	char frames[256] = "", creator[64];
	size_t used = 0;
	for (uint32_t n = synthetic_random(seed) % 4; n; n--)
		used += (size_t)snprintf(frames + used, sizeof(frames) - used,
					 "main.f%u@%sf.go:%u ", synthetic_random(seed) % 2,
					 synthetic_random(seed) % 3 ? "" : "!",
					 synthetic_random(seed) % 2);
	snprintf(creator, sizeof(creator), "main.c%u@c.go:%u", synthetic_random(seed) % 2,
		 synthetic_random(seed) % 2);
	struct goroutine *goroutine =
		synthetic_add(goroutines, states[synthetic_random(seed) % ARRAY_SIZE(states)],
			      frames, synthetic_random(seed) % 4 ? creator : NULL);
	goroutine->wait_ns = (int64_t)(synthetic_random(seed) % 100) - 1;
}

/* Against the naive way, which compares everything with everything. */
static void grouping_agrees_with_comparing(void **state)
{
	(void)state;
	enum { COUNT = 1200 };
	for (uint64_t round = 1; round <= 5; round++) {
		_cleanup_(goroutines_deinit) struct goroutines goroutines = { 0 };
		GROUPS(groups);
		uint64_t seed = round;
		uint32_t group_of[COUNT];
		size_t members = 0;
		for (size_t i = 0; i < COUNT; i++)
			add_random(&goroutines, &seed);
		check_ok(goroutines_group(&goroutines, &anything, &groups));
		for (size_t i = 0; i < groups.count; i++) {
			assert_true(i == 0 || groups.items[i].count <= groups.items[i - 1].count);
			for (uint32_t j = 0; j < groups.items[i].count; j++, members++)
				group_of[groups.items[i].members[j]] = (uint32_t)i;
		}
		assert_int_equal(members, COUNT);
		for (size_t i = 0; i < COUNT; i++) {
			for (size_t j = 0; j < i; j++)
				assert_int_equal(group_of[i] == group_of[j],
						 looks_same(&goroutines.list.items[i],
							    &goroutines.list.items[j]));
		}
	}
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/*
 * 100,000 goroutines on a hundred stacks. They must be grouped within 0.3 s of processor time on
 * the slowest machine and under sanitizers; 0.02 s is usual.
 */
static void many_are_grouped_quickly(void **state)
{
	(void)state;
	_cleanup_(goroutines_deinit) struct goroutines goroutines = { 0 };
	GROUPS(groups);
	for (unsigned i = 0; i < 100; i++) {
		char frames[128];
		snprintf(frames, sizeof(frames),
			 "main.f%u@f.go:1 main.g@g.go:2 main.h@h.go:3 main.run@run.go:4", i);
		synthetic_add_many(&goroutines, 1000, "select", frames, "main.main@main.go:1");
	}
	double start = seconds();
	check_ok(goroutines_group(&goroutines, &anything, &groups));
	double took = seconds() - start;
	assert_int_equal(groups.count, 100);
	if (took > 0.3)
		fail_msg("grouping took %.3f s", took);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_group_comes_first),
		cmocka_unit_test(what_is_not_shown_does_not_part),
		cmocka_unit_test(what_is_shown_parts),
		cmocka_unit_test(waits_are_a_range_and_the_longest_is_the_example),
		cmocka_unit_test(unknown_waits_stay_unknown),
		cmocka_unit_test(a_filter_is_kept_to),
		cmocka_unit_test(grouping_agrees_with_comparing),
		cmocka_unit_test(many_are_grouped_quickly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "leak/dump/heap_trend.h"

#include <stdlib.h>

/*
 * What is live after each collection, by shapes whose answer is known: each that is a leak, and beside it those
 * that look like one. Sizes are MiB, a collection every step_s seconds.
 */
struct shape {
	const char *name;
	double (*live)(double part, unsigned index); /* part of the time: 0 to 1 */
	double span_s;
	unsigned count;
	enum heap_verdict verdict;
};

/* The same numbers in every run. */
static double noise(unsigned index)
{
	uint64_t word = (index + 1) * UINT64_C(0x9E3779B97F4A7C15);
	word ^= word >> 31;
	word *= UINT64_C(0xBF58476D1CE4E5B9);
	return (double)(word >> 40) / (double)(1 << 24) - 0.5;
}

static double grows(double part, unsigned index)
{
	return 20 + 100 * part + 4 * noise(index);
}

static double grows_in_steps(double part, unsigned index)
{
	(void)index;
	return 20 + 10 * (double)(int)(part * 12);
}

static double stays(double part, unsigned index)
{
	(void)part;
	return 50 + 3 * noise(index);
}

static double falls(double part, unsigned index)
{
	return 100 - 50 * part + 3 * noise(index);
}

/* A cache that is full after a quarter of the time. */
static double fills(double part, unsigned index)
{
	return 20 + (part < 0.25 ? 400 * part : 100) + noise(index);
}

/* A cache that fills ever more slowly. */
static double saturates(double part, unsigned index)
{
	double left = 1;
	for (int i = 0; i < (int)(part * 100); i++)
		left *= 0.94;
	return 20 + 100 * (1 - left) + noise(index);
}

static double goes_up_and_down(double part, unsigned index)
{
	return 60 + 15 * part + 100 * noise(index);
}

static double grows_by_two(double part, unsigned index)
{
	(void)index;
	return 100 + 2 * part;
}

/* It has grown by a tenth of what it is, and no more. */
static double grows_a_little(double part, unsigned index)
{
	(void)index;
	return 1000 + 50 * part;
}

static void find(const struct shape *shape, struct heap_trend *ret)
{
	struct gctrace trace = { 0 };
	for (unsigned i = 0; i < shape->count; i++) {
		double part = (double)i / (shape->count - 1);
		double live = shape->live(part, i);
		const struct gc_cycle cycle = {
			.number = i + 1,
			.at_s = 5 + part * shape->span_s,
			.live_mib = live < 0 ? 0 : (uint64_t)(live + 0.5),
			.pause_ms = i == 7 ? 9 : 0.25,
			.cpu_percent = i + 1 == shape->count ? 3 : 90,
		};
		check_ok(gc_cycle_vector_append(&trace.cycles, &cycle));
	}
	check_ok(heap_trend_find(&trace, ret));
	gctrace_deinit(&trace);
}

static void shapes(void **state)
{
	(void)state;
	static const struct shape all[] = {
		{ "grows", grows, 600, 200, HEAP_LEAK },
		{ "grows in steps", grows_in_steps, 600, 200, HEAP_LEAK },
		{ "grows for an hour, seldom", grows, 3600, 30, HEAP_LEAK },
		/* A job may grow for so long, and be done. */
		{ "grows for a minute", grows, 60, 200, HEAP_UNSURE },
		{ "stays", stays, 600, 200, HEAP_FLAT },
		{ "falls", falls, 600, 200, HEAP_FLAT },
		{ "fills", fills, 600, 200, HEAP_FLAT },
		{ "saturates", saturates, 600, 200, HEAP_UNSURE },
		{ "goes up and down", goes_up_and_down, 600, 40, HEAP_UNSURE },
		/* Numbers are whole MiB. */
		{ "grows by two", grows_by_two, 600, 200, HEAP_FLAT },
		{ "grows a little", grows_a_little, 600, 200, HEAP_FLAT },
		{ "too few", grows, 600, 9, HEAP_UNSURE },
		{ "too short", grows, 8, 200, HEAP_UNSURE },
	};
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct heap_trend heap;
		find(&all[i], &heap);
		if (heap.verdict != all[i].verdict || !heap.why[0])
			fail_msg("%s: %s, %s", all[i].name, heap_verdict_name(heap.verdict),
				 heap.why);
	}
}

/* The slope that was put in comes out, and what was before is left out. */
static void its_numbers(void **state)
{
	(void)state;
	static const struct shape shape = { "grows", grows, 600, 601, HEAP_LEAK };
	struct heap_trend heap;
	find(&shape, &heap);
	/* 100 MiB in 600 s, of which four fifths are looked at; noise of 4 MiB moves it by less than 2. */
	assert_true(heap.trend.slope > 100.0 / 600 * 0.97 && heap.trend.slope < 100.0 / 600 * 1.03);
	assert_true(heap.from_s > 5 + 119 && heap.from_s < 5 + 122);
	assert_true(heap.span_s > 478 && heap.span_s < 481);
	assert_true(heap.growth_mib > 77 && heap.growth_mib < 83);
	assert_true(heap.pause_ms > 0.24 && heap.pause_ms < 0.26);
	assert_true(heap.pause_max_ms > 8.9 && heap.pause_max_ms < 9.1);
	assert_true(heap.cpu_percent > 2.9 && heap.cpu_percent < 3.1);
}

static void nothing_there(void **state)
{
	(void)state;
	const struct gctrace none = { 0 };
	struct heap_trend heap;
	check_ok(heap_trend_find(&none, &heap));
	assert_int_equal(heap.verdict, HEAP_UNSURE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes),
		cmocka_unit_test(its_numbers),
		cmocka_unit_test(nothing_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/dump/heap_trend.h"

#include <stdio.h>

/*
 * A program's beginning fills what it keeps: caches, pools, tables. So the first fifth of the time
 * is left out; and growth is a leak only if the second half of the rest has as much of it: what fills
 * up grows ever less.
 */
#define BEGINNING       5
#define CYCLES_LEAST    12
#define SPAN_LEAST_S    10
#define SPAN_LEAK_S     120 /* a job that gathers what it needs may grow for that long, and ends */
#define SURE            0.99
#define GROWTH_PERCENT  10
#define GROWTH_LEAST    3.0 /* MiB: the numbers are whole ones */
#define GOES_ON_PERCENT 50  /* of the first half's slope, in the second */
#define SPREADS         3   /* of growth against what it varies by */

const char *heap_verdict_name(enum heap_verdict verdict)
{
	static const char *const names[] = {
		[HEAP_LEAK] = "leak",
		[HEAP_FLAT] = "flat",
		[HEAP_UNSURE] = "unsure",
	};
	return names[verdict];
}

static int compare(const void *left, const void *right)
{
	const double *a = left, *b = right;
	return *a < *b ? -1 : *a > *b;
}

static struct error *find_pauses(const struct gctrace *trace, struct heap_trend *ret)
{
	size_t count = trace->cycles.count;
	_cleanup_(free_pointer) double *pauses = calloc(count + 1, sizeof(*pauses));
	if (!pauses)
		return error_no_memory();
	for (size_t i = 0; i < count; i++)
		pauses[i] = trace->cycles.items[i].pause_ms;
	qsort(pauses, count, sizeof(*pauses), compare);
	ret->pause_ms = count ? pauses[count / 2] : 0;
	ret->pause_max_ms = count ? pauses[count - 1] : 0;
	ret->cpu_percent = count ? trace->cycles.items[count - 1].cpu_percent : 0;
	return NULL;
}

static bool goes_on(const struct heap_trend *heap)
{
	return heap->halves[1].slope * 100 >= heap->halves[0].slope * GOES_ON_PERCENT &&
	       heap->halves[1].slope > 0 && heap->halves[1].confidence >= 0.9;
}

static void judge(struct heap_trend *heap)
{
	const struct trend *trend = &heap->trend;
	double least = trend->first * GROWTH_PERCENT / 100;
	bool large = heap->growth_mib >= GROWTH_LEAST && heap->growth_mib >= least;
	heap->verdict = HEAP_UNSURE;
	if (trend->count < CYCLES_LEAST || heap->span_s < SPAN_LEAST_S) {
		snprintf(heap->why, sizeof(heap->why),
			 "%zu collections in %.0f s are too few to tell: %d in %d s are needed.",
			 trend->count, heap->span_s, CYCLES_LEAST, SPAN_LEAST_S);
	} else if (!large) {
		heap->verdict = HEAP_FLAT;
		snprintf(heap->why, sizeof(heap->why),
			 "What is live after a collection stays at about %.0f MiB.", trend->last);
	} else if (trend->confidence < SURE || trend->slope_low <= 0 ||
		   heap->growth_mib < SPREADS * trend->spread) {
		snprintf(
			heap->why, sizeof(heap->why),
			"It has grown by %.0f MiB, but goes up and down by as much: a longer log would tell.",
			heap->growth_mib);
	} else if (!goes_on(heap)) {
		heap->verdict = heap->halves[1].confidence < 0.9 ? HEAP_FLAT : HEAP_UNSURE;
		snprintf(
			heap->why, sizeof(heap->why),
			"It grew at first, and far less in the second half of the time: as what fills up does.");
	} else if (heap->span_s < SPAN_LEAK_S) {
		snprintf(
			heap->why, sizeof(heap->why),
			"It grew by %.0f MiB in %.0f s, evenly; so does a job that will be done: a log of %d s would tell.",
			heap->growth_mib, heap->span_s, SPAN_LEAK_S);
	} else {
		heap->verdict = HEAP_LEAK;
		snprintf(
			heap->why, sizeof(heap->why),
			"What is live after a collection grew by %.0f MiB in %.0f s, in the second half of the time as in the first.",
			heap->growth_mib, heap->span_s);
	}
}

struct error *heap_trend_find(const struct gctrace *trace, struct heap_trend *ret)
{
	const struct gc_cycle_vector *cycles = &trace->cycles;
	struct heap_trend heap = { 0 };
	size_t count = cycles->count, from = 0;
	_cleanup_(free_pointer) struct trend_point *points = calloc(count + 1, sizeof(*points));
	if (!points)
		return error_no_memory();
	double begin = count ? cycles->items[0].at_s : 0;
	double end = count ? cycles->items[count - 1].at_s : 0;
	double skip = begin + (end - begin) / BEGINNING;
	while (from < count && cycles->items[from].at_s < skip && count - from > CYCLES_LEAST)
		from++;
	for (size_t i = from; i < count; i++)
		points[i - from] = (struct trend_point){ cycles->items[i].at_s,
							 (double)cycles->items[i].live_mib };
	size_t left = count - from;
	heap.from_s = left ? points[0].time : 0;
	heap.span_s = left ? points[left - 1].time - points[0].time : 0;
	TRY(trend_find(points, left, &heap.trend));
	TRY(trend_find(points, left / 2, &heap.halves[0]));
	TRY(trend_find(points + left / 2, left - left / 2, &heap.halves[1]));
	heap.growth_mib = heap.trend.slope * heap.span_s;
	TRY(find_pauses(trace, &heap));
	judge(&heap);
	*ret = heap;
	return NULL;
}

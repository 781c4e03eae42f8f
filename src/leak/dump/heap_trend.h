/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_DUMP_HEAP_TREND_H
#define DOWSE_LEAK_DUMP_HEAP_TREND_H

#include "dump/gctrace.h"
#include "model/trend.h"

/* What the live heap after each collection tells over time. */
enum heap_verdict {
	HEAP_LEAK,   /* it grows all the time, far more than it varies */
	HEAP_FLAT,   /* it stays, falls, or has stopped growing */
	HEAP_UNSURE, /* too few collections, too short a time, or now this and now that */
};

struct heap_trend {
	enum heap_verdict verdict;
	struct trend
		trend; /* of the live heap, in MiB a second, since the beginning was left out */
	struct trend halves[2];
	double from_s; /* what was before is a program's beginning, and was left out */
	double span_s;
	double growth_mib; /* by the trend, over that time */
	double pause_ms;   /* the middle */
	double pause_max_ms;
	double cpu_percent; /* as the last collection tells */
	char why[256];
};

const char *heap_verdict_name(enum heap_verdict verdict);

struct error *heap_trend_find(const struct gctrace *trace, struct heap_trend *ret) must_use;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_MODEL_TREND_H
#define DOWSE_MODEL_TREND_H

#include "base/error.h"

/* A number over time, and which way it goes. */
struct trend_point {
	double time;
	double value;
};

struct trend {
	size_t count;
	double slope; /* of the value, a unit of time: the middle of the slopes between all pairs */
	double slope_low;  /* nineteen of twenty times it is not less, */
	double slope_high; /* nor more */
	double confidence; /* 0 to 1: that it goes up or down at all, by Mann and Kendall's test */
	double first;      /* the middle value of the first fifth, */
	double last;       /* and of the last */
	double spread;     /* the middle distance from the line */
};

/*
 * Robust against single values that stand out. Of very many points so many as are enough are taken,
 * evenly. Fewer than 3 points have no trend: all is 0 but the count.
 */
struct error *trend_find(const struct trend_point *points, size_t count, struct trend *ret)
	must_use;

#endif

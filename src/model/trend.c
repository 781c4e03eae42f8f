/* SPDX-License-Identifier: Apache-2.0 */
#include "model/trend.h"

#include <math.h>

#define POINTS_MAX 500 /* 125,000 pairs */

static int compare(const void *left, const void *right)
{
	const double *a = left, *b = right;
	return *a < *b ? -1 : *a > *b;
}

static double middle(double *values, size_t count)
{
	if (!count)
		return 0;
	qsort(values, count, sizeof(*values), compare);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* The middle of what lies around each chosen point, so that none of many is lost. */
static size_t thin(const struct trend_point *points, size_t count, struct trend_point *ret)
{
	size_t kept = count < POINTS_MAX ? count : POINTS_MAX;
	for (size_t i = 0; i < kept; i++) {
		size_t from = i * count / kept, to = (i + 1) * count / kept;
		double time = 0, value = 0;
		for (size_t j = from; j < to; j++) {
			time += points[j].time;
			value += points[j].value;
		}
		ret[i] = (struct trend_point){ time / (double)(to - from),
					       value / (double)(to - from) };
	}
	return kept;
}

static double sign(double value)
{
	return value > 0 ? 1 : value < 0 ? -1 : 0;
}

/* How many pairs there are of the same value, which tell nothing: for the test's variance. */
static double variance_of(const struct trend_point *points, size_t n, double *scratch)
{
	double count = (double)n, variance = count * (count - 1) * (2 * count + 5);
	for (size_t i = 0; i < n; i++)
		scratch[i] = points[i].value;
	qsort(scratch, n, sizeof(*scratch), compare);
	for (size_t i = 0; i < n;) {
		size_t j = i;
		while (j < n && scratch[j] == scratch[i])
			j++;
		double ties = (double)(j - i);
		variance -= ties * (ties - 1) * (2 * ties + 5);
		i = j;
	}
	return variance / 18;
}

static void find_slopes(const struct trend_point *points, size_t n, double *slopes,
			struct trend *trend)
{
	size_t pairs = 0;
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = i + 1; j < n; j++) {
			double time = points[j].time - points[i].time;
			sum += sign(points[j].value - points[i].value);
			if (time > 0)
				slopes[pairs++] = (points[j].value - points[i].value) / time;
		}
	}
	double variance = variance_of(points, n, slopes + pairs);
	trend->slope = middle(slopes, pairs);
	if (variance <= 0 || !pairs)
		return;
	double z = (sum - sign(sum)) / sqrt(variance);
	trend->confidence = erf(fabs(z) / sqrt(2));
	/* Sen's bounds: so many slopes from either end. */
	double reach = 1.96 * sqrt(variance), half = (double)pairs;
	double low = (half - reach) / 2, high = (half + reach) / 2;
	trend->slope_low = slopes[low > 0 ? (size_t)low : 0];
	trend->slope_high = slopes[high < half - 1 ? (size_t)high : pairs - 1];
}

static double middle_of(const struct trend_point *points, size_t from, size_t to, double *scratch)
{
	for (size_t i = from; i < to; i++)
		scratch[i - from] = points[i].value;
	return middle(scratch, to - from);
}

struct error *trend_find(const struct trend_point *points, size_t count, struct trend *ret)
{
	struct trend trend = { .count = count };
	struct trend_point kept[POINTS_MAX];
	if (count < 3) {
		*ret = trend;
		return NULL;
	}
	size_t n = thin(points, count, kept), fifth = n / 5 ? n / 5 : 1;
	_cleanup_(free_pointer) double *scratch = calloc(n * (n - 1) / 2 + n, sizeof(*scratch));
	if (!scratch)
		return error_no_memory();
	find_slopes(kept, n, scratch, &trend);
	trend.first = middle_of(kept, 0, fifth, scratch);
	trend.last = middle_of(kept, n - fifth, n, scratch);
	double level = trend.first - trend.slope * kept[fifth / 2].time;
	for (size_t i = 0; i < n; i++)
		scratch[i] = fabs(kept[i].value - level - trend.slope * kept[i].time);
	trend.spread = middle(scratch, n);
	*ret = trend;
	return NULL;
}

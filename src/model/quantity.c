/* SPDX-License-Identifier: Apache-2.0 */
#include "model/quantity.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECOND_NS INT64_C(1000000000)
#define MINUTE_NS (60 * SECOND_NS)
#define HOUR_NS   (60 * MINUTE_NS)
#define DAY_NS    (24 * HOUR_NS)

const char *quantity_count(uint64_t count, char ret[static QUANTITY_SIZE])
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, count);
	size_t at = 0;
	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			ret[at++] = ',';
		ret[at++] = digits[i];
	}
	ret[at] = '\0';
	return ret;
}

void quantity_write(struct writer *writer, uint64_t count, const char *one, const char *many)
{
	char text[QUANTITY_SIZE];
	writer_string(writer, quantity_count(count, text));
	writer_char(writer, ' ');
	writer_string(writer, count == 1 ? one : many);
}

static const struct {
	const char *name;
	int64_t bytes;
} units[] = {
	{ "bytes", 1 },
	{ "KiB", INT64_C(1) << 10 },
	{ "MiB", INT64_C(1) << 20 },
	{ "GiB", INT64_C(1) << 30 },
	{ "TiB", INT64_C(1) << 40 },
};

const char *quantity_bytes(int64_t bytes, char ret[static QUANTITY_SIZE])
{
	size_t unit = 0;
	while (unit + 1 < ARRAY_SIZE(units) && bytes >= units[unit + 1].bytes)
		unit++;
	double value = (double)bytes / (double)units[unit].bytes;
	/* What would round to 1024 of a unit is 1.0 of the next. */
	if (unit + 1 < ARRAY_SIZE(units) && value >= 1023.5) {
		unit++;
		value = (double)bytes / (double)units[unit].bytes;
	}
	snprintf(ret, QUANTITY_SIZE, "%.*f %s", unit && value < 9.95 ? 1 : 0, value,
		 units[unit].name);
	return ret;
}

const char *quantity_duration(int64_t ns, char ret[static QUANTITY_SIZE])
{
	if (ns < 1000)
		snprintf(ret, QUANTITY_SIZE, "%" PRId64 " ns", ns);
	else if (ns < 1000000)
		snprintf(ret, QUANTITY_SIZE, "%" PRId64 " µs", ns / 1000);
	else if (ns < 9950000)
		snprintf(ret, QUANTITY_SIZE, "%.1f ms", (double)ns / 1e6);
	else if (ns < SECOND_NS)
		snprintf(ret, QUANTITY_SIZE, "%" PRId64 " ms", ns / 1000000);
	else if (ns < MINUTE_NS)
		snprintf(ret, QUANTITY_SIZE, "%" PRId64 " s", ns / SECOND_NS);
	else if (ns < HOUR_NS)
		snprintf(ret, QUANTITY_SIZE, "%" PRId64 " min", ns / MINUTE_NS);
	else if (ns < DAY_NS)
		snprintf(ret, QUANTITY_SIZE, "%" PRId64 " h %" PRId64 " min", ns / HOUR_NS,
			 ns % HOUR_NS / MINUTE_NS);
	else
		snprintf(ret, QUANTITY_SIZE, "%" PRId64 " d %" PRId64 " h", ns / DAY_NS,
			 ns % DAY_NS / HOUR_NS);
	return ret;
}

const char *quantity_durations(int64_t min_ns, int64_t max_ns, char ret[static QUANTITY_SIZE * 2])
{
	char low[QUANTITY_SIZE], high[QUANTITY_SIZE];
	if (max_ns < 0) {
		ret[0] = '\0';
		return ret;
	}
	quantity_duration(MAX(min_ns, INT64_C(0)), low);
	quantity_duration(max_ns, high);
	if (min_ns < 0)
		snprintf(ret, QUANTITY_SIZE * 2, "up to %.44s", high);
	else if (strcmp(low, high) == 0)
		snprintf(ret, QUANTITY_SIZE * 2, "%s", low);
	else
		snprintf(ret, QUANTITY_SIZE * 2, "%.44s to %.44s", low, high);
	return ret;
}

const char *quantity_unit(int64_t largest, int64_t *ret_divisor)
{
	/* Whole numbers of three digits or so say enough: up to 10 of a unit, the one below. */
	size_t unit = 0;
	while (unit + 1 < ARRAY_SIZE(units) && largest / 10 >= units[unit + 1].bytes)
		unit++;
	*ret_divisor = units[unit].bytes;
	return units[unit].name;
}

static int64_t floor_divide(int64_t value, int64_t divisor)
{
	return value / divisor - (value % divisor < 0);
}

int64_t quantity_round_parts(const int64_t *parts, size_t count, int64_t divisor, int64_t *ret)
{
	assert(count <= 64);
	int64_t total = 0, given = 0;
	for (size_t i = 0; i < count; i++) {
		total += parts[i];
		ret[i] = floor_divide(parts[i], divisor);
		given += ret[i];
	}
	int64_t rounded = floor_divide(total + divisor / 2, divisor);
	/* The largest remainders are rounded up, as many as are missing. */
	uint64_t raised = 0;
	for (; given < rounded; given++) {
		size_t best = count;
		int64_t best_left = -1;
		for (size_t i = 0; i < count; i++) {
			int64_t left = parts[i] - ret[i] * divisor;
			if (!(raised >> i & 1) && left > best_left) {
				best = i;
				best_left = left;
			}
		}
		if (best == count)
			break;
		raised |= UINT64_C(1) << best;
		ret[best]++;
	}
	return rounded;
}

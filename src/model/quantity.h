/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_MODEL_QUANTITY_H
#define DOWSE_MODEL_QUANTITY_H

#include "base/writer.h"

/* Numbers as people read them. Text is written into `ret` of QUANTITY_SIZE bytes, and returned. */
#define QUANTITY_SIZE 48

const char *quantity_count(uint64_t count, char ret[static QUANTITY_SIZE]); /* 1,031 */
/* "1,031 goroutines": the noun for one, or for many. */
void quantity_write(struct writer *writer, uint64_t count, const char *one, const char *many);

const char *quantity_bytes(int64_t bytes, char ret[static QUANTITY_SIZE]); /* 2.1 MiB */
const char *quantity_duration(int64_t ns, char ret[static QUANTITY_SIZE]); /* 3 h 11 min */
/* "2 min to 3 h 11 min", "45 s", "up to 45 s" when the least is unknown (-1), "" when both are. */
const char *quantity_durations(int64_t min_ns, int64_t max_ns, char ret[static QUANTITY_SIZE * 2]);

/* The unit that a set of sizes is best told in: its name, and its bytes in *ret_divisor. */
const char *quantity_unit(int64_t largest, int64_t *ret_divisor);

/*
 * Divide sizes by one unit so that the rounded parts sum to the rounded total; the total's
 * rounded value is returned. The sum of `parts` is the total.
 */
int64_t quantity_round_parts(const int64_t *parts, size_t count, int64_t divisor, int64_t *ret);

#endif

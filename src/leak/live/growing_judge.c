/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/growing_private.h"

/*
 * What two looks say. More entries, and all that was held is still held: it only grows. Where the
 * code deletes from such a map the same is seen of a store with a time limit, until the first of what
 * it holds is old enough: that is a suspicion, and so is a slice with room that was asked for in
 * advance, or whose age is much less than the program's: a batch, between two times that it is sent.
 */
#define GROWTH_LEAST     16 /* entries: fewer come and go with any request */
#define GROWTH_PER_MILLE 1  /* of what there was: slower growth is seen over a longer time */
/*
 * Fewer entries, in a short time: where every single sample is kept, and they are a good part of what
 * there was. Where no code deletes any, none of them goes with its request.
 */
#define FEW_PERCENT          1
#define FEW_LEAST            8
#define FEW_LASTING          4
#define BYTES_LEAST          (64 << 10)
#define CHURN_KEPT_PERCENT   50                  /* below that it is a queue */
#define CHURN_GROWTH_PERCENT 20                  /* what is full goes up and down by less */
#define SLICE_LEAST          (UINT64_C(1) << 20) /* bytes: a batch is rarely as long */
#define FAST_LEAST           (1 << 20)
#define FAST_PERCENT         10
/* A slice that has grown as now since the program began is as old as that; load was less at times. */
#define AGE_PARTS 4

static bool is_map(const struct growing *growing)
{
	return growing->kind == HOLDING_MAP || growing->kind == HOLDING_SYNC_MAP;
}

static uint64_t more_entries(const struct growing *growing)
{
	return growing->entries > growing->entries_before
		       ? growing->entries - growing->entries_before
		       : 0;
}

static bool has_more_entries(const struct growing *growing)
{
	uint64_t more = more_entries(growing);
	return more >= GROWTH_LEAST && more * 1000 / GROWTH_PER_MILLE >= growing->entries_before;
}

static bool has_few_more(const struct growing *growing)
{
	uint64_t more = more_entries(growing);
	return growing->kind != HOLDING_GLOBAL &&
	       more >= (growing->endless ? FEW_LASTING : FEW_LEAST) &&
	       more * 100 / FEW_PERCENT >= growing->entries_before &&
	       growing->samples >= GROWING_SAMPLES_LEAST && growing->kept == growing->samples;
}

static bool has_grown(const struct growing *growing)
{
	uint64_t bytes = growing->bytes - growing->bytes_before;
	if (growing->kind == HOLDING_SLICE &&
	    (growing->bytes < SLICE_LEAST || growing->bytes < growing->bytes_before + BYTES_LEAST))
		return false;
	if (growing->kind == HOLDING_GLOBAL)
		return growing->bytes > growing->bytes_before && bytes >= BYTES_LEAST &&
		       bytes * 1000 / GROWTH_PER_MILLE >= growing->bytes_before;
	return has_more_entries(growing) || has_few_more(growing);
}

/* Where no objects tell whether any are gone: a buffer that was made larger once is not enough. */
static bool is_growing_fast(const struct growing *growing)
{
	uint64_t more = growing->bytes - growing->bytes_before;
	return is_map(growing) && growing->bytes > growing->bytes_before && more >= FAST_LEAST &&
	       more * 100 >= growing->bytes_before * FAST_PERCENT;
}

/* At its rate now it was empty a short time ago, as the program's life goes. */
static bool is_young(const struct growing *growing)
{
	double more = (double)more_entries(growing);
	if (growing->kind != HOLDING_SLICE || growing->elapsed_ns <= 0 || growing->age_ns <= 0)
		return false;
	return (double)growing->entries / more * (double)growing->elapsed_ns * AGE_PARTS <
	       (double)growing->age_ns;
}

/* All is kept: what it can be at most. */
static enum certainty of_kept(struct growing *growing)
{
	growing->batch = growing->kind == HOLDING_SLICE &&
			 (growing->reserved * 2 >= growing->count || is_young(growing));
	if (growing->batch || (is_map(growing) && !growing->endless))
		return CERTAINTY_SUSPECT;
	return has_more_entries(growing) || growing->kind == HOLDING_GLOBAL ||
			       (growing->endless && more_entries(growing) >= FEW_LEAST)
		       ? CERTAINTY_LIKELY
		       : CERTAINTY_SUSPECT;
}

bool growing_judge(struct growing *growing, enum certainty *ret)
{
	*ret = CERTAINTY_SUSPECT;
	/* What is counted may have moved from one of a sync.Map's maps to the other, or be deleted. */
	if (!has_grown(growing) || (growing->partial && !growing->endless))
		return false;
	if (growing->samples < GROWING_SAMPLES_LEAST) {
		if (is_growing_fast(growing))
			*ret = of_kept(growing);
		return true;
	}
	uint64_t kept = growing->kept * 100 / growing->samples;
	if (kept >= GROWING_KEPT_PERCENT)
		*ret = of_kept(growing);
	return kept >= GROWING_KEPT_PERCENT ||
	       (kept >= CHURN_KEPT_PERCENT && growing->bytes > growing->bytes_before &&
		(growing->bytes - growing->bytes_before) * 100 >=
			growing->bytes_before * CHURN_GROWTH_PERCENT);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/progress.h"

#include <stdatomic.h>
#include <stddef.h>

/* Read without a lock: a line that is wrong for a moment does no harm. */
static const char *_Atomic doing_now;
static _Atomic uint64_t done_now, total_now;

void progress_begin(const char *doing, uint64_t total)
{
	atomic_store_explicit(&done_now, 0, memory_order_relaxed);
	atomic_store_explicit(&total_now, total, memory_order_relaxed);
	atomic_store_explicit(&doing_now, doing, memory_order_release);
}

void progress_add(uint64_t bytes)
{
	atomic_fetch_add_explicit(&done_now, bytes, memory_order_relaxed);
}

void progress_end(void)
{
	atomic_store_explicit(&doing_now, NULL, memory_order_release);
}

bool progress_read(struct progress *ret)
{
	ret->doing = atomic_load_explicit(&doing_now, memory_order_acquire);
	ret->done = atomic_load_explicit(&done_now, memory_order_relaxed);
	ret->total = atomic_load_explicit(&total_now, memory_order_relaxed);
	return ret->doing;
}

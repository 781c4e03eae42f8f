/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_HOLDER_PRIVATE_H
#define DOWSE_LEAK_LIVE_HOLDER_PRIVATE_H

#include "heap/sites.h"

/* What live_holder_tell() knows, once for all findings. */
struct live_holders;

/* Reads what the runtime sampled: while memory stands still, after heap_search(). */
struct error *live_holders_create(struct heap *heap, struct live_holders **ret) must_use;

/* NULL is accepted. */
void live_holders_destroy(struct live_holders *holders);

#endif

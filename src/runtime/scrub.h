/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_SCRUB_H
#define DOWSE_RUNTIME_SCRUB_H

#include "runtime/runtime.h"

/*
 * The runtime's target, but what no object of the heap lies in reads as zeroes: slots of spans that
 * are free, and what is left over at their ends. There stands what was there before, often the
 * bytes of strings whose memory was used again. For what is kept of a process; the target must
 * stand still, and outlive this one.
 */
struct error *scrub_create(struct runtime *runtime, struct target **ret) must_use;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_PRESENT_H
#define DOWSE_RUNTIME_PRESENT_H

#include "runtime/capture.h"

/*
 * The present of the target in nanoseconds of CLOCK_MONOTONIC: what target_now() says, and where
 * it does not know, the newest time that the runtime has stored.
 */
uint64_t runtime_present(struct runtime *runtime, const struct capture *capture);

#endif

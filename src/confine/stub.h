/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CONFINE_STUB_H
#define DOWSE_CONFINE_STUB_H

#include "target/delegate.h"

struct window;

/* The worker's delegate: has the broker stop and fork. */
extern const struct delegate stub_delegate;

/* What is read comes through there. */
void stub_init(struct window *window);

#endif

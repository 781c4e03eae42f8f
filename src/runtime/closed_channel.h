/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_CLOSED_CHANNEL_H
#define DOWSE_RUNTIME_CLOSED_CHANNEL_H

#include "runtime/runtime.h"

/*
 * Is there a channel at an address, and has it been closed? Asked of what a word points to of which nothing
 * is known: by what a channel has in it, so that something else is hardly taken for one. What cannot
 * be read is none.
 */
bool closed_channel_at(const struct runtime *runtime, uint64_t address);

#endif

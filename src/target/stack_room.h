/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_STACK_ROOM_H
#define DOWSE_TARGET_STACK_ROOM_H

#include "target/maps.h"
#include "target/memory.h"

/*
 * How far down the stack that a stopped thread is on goes: from *ret up to its stack pointer
 * nobody keeps anything. False when it is not certain. A goroutine's stack may have no room below
 * at all, and lies in the heap among others.
 */
bool stack_low_end(struct memory *memory, const struct maps *maps,
		   const struct registers *registers, uint64_t *ret);

#endif

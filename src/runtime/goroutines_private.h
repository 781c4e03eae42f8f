/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_RUNTIME_GOROUTINES_PRIVATE_H
#define DOWSE_RUNTIME_GOROUTINES_PRIVATE_H

#include "runtime/capture.h"
#include "runtime/waits.h"

/*
 * Goroutines with the bytes that they were made from, which the dump's arguments of calls are
 * read from: runtime_goroutines() gives out the first member.
 */
struct captured_goroutines {
	struct goroutines goroutines;
	struct capture capture;
	struct unwind_tables tables;
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_DUMP_LINES_H
#define DOWSE_DUMP_LINES_H

#include "dump/header.h"
#include "model/goroutine.h"

/* "main.(*Cart).watch(0xc000012345, {0x1, 0x2})": where its name ends. */
struct dump_call {
	size_t name_length;
	bool inlined; /* "(...)" */
};

bool dump_call_parse(const char *bytes, size_t length, struct dump_call *ret);

/* "/src/cart.go:57 +0x1d fp=0x.. sp=0x.. pc=0x..": the length of FILE:LINE; 0: it is no position. */
size_t dump_place_end(const char *bytes, size_t length);

/* Is the goroutine one of the runtime's own, which are shown with GOTRACEBACK=system? */
bool dump_is_systems(const struct goroutine *goroutine);

bool dump_starts(const char *bytes, size_t length, const char *with);

#endif

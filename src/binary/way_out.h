/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_WAY_OUT_H
#define DOWSE_BINARY_WAY_OUT_H

#include "binary/module.h"

/*
 * Whether a function that stands at a place can ever return: whether any path of its machine code
 * leads from there to a return, or something that it calls may panic and be recovered from, or end the
 * goroutine. A loop without a way out has none; it can still end the program. Where the code cannot be read or followed there is taken to be one.
 */
struct error *way_out_find(const struct binary *binary, uint64_t pc, bool *ret) must_use;

/*
 * Whether it can return from there without making any of these calls, each known by the pc behind it.
 * A panic is no return.
 */
struct error *way_around_find(const struct binary *binary, uint64_t pc, const uint64_t *calls,
			      size_t count, bool *ret) must_use;

#endif

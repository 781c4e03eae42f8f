/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_CODE_H
#define DOWSE_BINARY_CODE_H

#include "binary/module.h"

/*
 * What a function's machine code says. One file a machine: code_amd64.c.
 *
 * The distinct addresses in [low, high) that the function refers to relative to its own position,
 * in the order of their first use; at most `capacity` of them are stored, *ret_count says how many
 * were. ERROR_NOT_FOUND when the machine code cannot be had.
 */
struct error *code_data_references(const struct binary *binary, const struct function *function,
				   uint64_t low, uint64_t high, uint64_t *ret, size_t capacity,
				   size_t *ret_count) must_use;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_EXECUTABLE_H
#define DOWSE_BINARY_EXECUTABLE_H

#include "binary/elf.h"
#include "target/target.h"

/*
 * An executable file as if it had just been loaded and nothing of it had run: an address space for
 * binary_open(). Its addresses are those of the file and a bias, by which the words in its data are
 * relocated. `path` is copied; the descriptor stays the caller's and may be closed.
 */
struct error *executable_open(int descriptor, const char *path, struct target **ret) must_use;

/* Of a target that executable_open() has made; both belong to it. */
struct elf *executable_elf(const struct target *target);
uint64_t executable_bias(const struct target *target);

#endif

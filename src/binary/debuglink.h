/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_DEBUGLINK_H
#define DOWSE_BINARY_DEBUGLINK_H

#include "binary/elf.h"

/*
 * The separate file with a stripped program's symbols and debug information, where the system keeps
 * such: by build id, or by the name that .gnu_debuglink gives, beside the program, in .debug there,
 * and under /usr/lib/debug. `root` goes before every path ("/proc/4242/root"; "" for our own).
 * A file is taken only if it is proved to belong: by its build id, else by its checksum.
 * ERROR_NOT_FOUND when there is none.
 */
struct error *debuglink_open(struct elf *elf, const char *root, struct elf **ret) must_use;

#endif

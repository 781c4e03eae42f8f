/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_DWARF_H
#define DOWSE_BINARY_DWARF_H

#include "base/error.h"
#include "binary/elf.h"
#include "binary/layout.h"

/*
 * The layout of the Go runtime's structures from a program's own debug information: for releases
 * that the table of layout_find() does not know.
 *
 * Debug information describes the types that the program's code uses. Fields of types that it does
 * not describe are taken from `otherwise`, or absent where that is NULL. ERROR_NOT_FOUND when the
 * file has no debug information, or none of a Go runtime.
 */
struct error *dwarf_layout(struct elf *elf, const struct layout *otherwise, struct layout *ret)
	must_use;

#endif

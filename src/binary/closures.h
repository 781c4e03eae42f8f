/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_CLOSURES_H
#define DOWSE_BINARY_CLOSURES_H

#include "base/map.h"
#include "binary/module.h"

/*
 * What the program's closures have captured. A closure on the heap is a struct, of the address of
 * its function and then the captured variables, and the compiler has a type descriptor for it; which
 * function it is for, only the machine code says that makes one.
 *
 * One pass over all code: from the entries of functions to the descriptors of those structs. What
 * refers to types through tables, as code for plugins does, is left out. No code is no error.
 */
struct error *closures_find(const struct binary *binary, struct map *ret) must_use;

/* The name of such a struct's first field begins so; up to Go 1.20 a dot comes before it. */
#define CLOSURE_FUNCTION_FIELD "F"

#endif

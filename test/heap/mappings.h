/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TEST_HEAP_MAPPINGS_H
#define DOWSE_TEST_HEAP_MAPPINGS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Between the library and the kernel: mmap() and munmap() of a program that has this file count, so
 * that what is left over shows, and refuse when so many have been made.
 */
extern size_t mappings_bytes;
extern size_t mappings_left; /* SIZE_MAX: no end */

#endif

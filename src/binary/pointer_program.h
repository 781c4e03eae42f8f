/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_POINTER_PROGRAM_H
#define DOWSE_BINARY_POINTER_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Up to Go 1.23 the pointer mask of a large type is a program that writes it: bits to copy, and
 * earlier bits to repeat. (The four bytes of length that lie before it are not part of it.)
 *
 * Writes `count` bits, lowest first, into (count + 7) / 8 bytes. False where the program ends too
 * early or makes no sense: then the mask is not to be used.
 */
bool pointer_program_run(const uint8_t *program, size_t size, uint8_t *mask, size_t count);

#endif

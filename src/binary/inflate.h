/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_INFLATE_H
#define DOWSE_BINARY_INFLATE_H

#include "base/error.h"

enum inflate_format {
	INFLATE_ZLIB = 1, /* as ELFCOMPRESS_ZLIB and ELFCOMPRESS_ZSTD number them */
	INFLATE_ZSTD = 2,
};

/*
 * Decompress a whole block whose size is known: `ret_size` bytes, owned by the caller. A size that
 * the compressed bytes cannot stand for is refused before memory is taken for it. `name` is for
 * errors.
 */
struct error *inflate_block(enum inflate_format format, const uint8_t *bytes, size_t size,
			    uint64_t inflated_size, const char *name, uint8_t **ret) must_use;

#endif

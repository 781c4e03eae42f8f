/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_DECOMPRESS_H
#define DOWSE_BASE_DECOMPRESS_H

#include "base/error.h"

/* What files are compressed by: COMPRESSION(id, "what people call it") */
#define COMPRESSIONS(COMPRESSION)                                                                  \
	COMPRESSION(ZSTD, "zstd")                                                                  \
	COMPRESSION(LZ4, "lz4")                                                                    \
	COMPRESSION(GZIP, "gzip")

enum compression {
	COMPRESSION_NONE,
#define COMPRESSION(id, name) COMPRESSION_##id,
	COMPRESSIONS(COMPRESSION)
#undef COMPRESSION
};

const char *compression_name(enum compression compression);

/* By the first bytes of a file. */
enum compression compression_of(const void *bytes, size_t size);

/* A stream that is decompressed piece by piece; several frames or members in a row are one. */
struct decompressor;

/*
 * `size` is that of the compressed bytes: what needs more memory for its window than fits such a
 * size (32 MiB for less than 8 MiB of it) is refused, however it was compressed.
 */
struct error *decompressor_create(enum compression compression, uint64_t size,
				  struct decompressor **ret) must_use;
void decompressor_destroy(struct decompressor *decompressor);

static inline void decompressor_cleanup(struct decompressor **decompressor)
{
	decompressor_destroy(*decompressor);
}

/* One step: bytes of `input` become bytes of `output`; both counts say how many. */
struct decompress_step {
	const uint8_t *input;
	size_t input_size;
	uint8_t *output;
	size_t output_size;
	size_t taken; /* out: of input */
	size_t made;  /* out: of output */
};

/* False when the bytes make no sense, from there on: *ret_problem says why. */
bool decompressor_step(struct decompressor *decompressor, struct decompress_step *step,
		       const char **ret_problem);

/* Is it between two frames: may the input end here? */
bool decompressor_is_whole(const struct decompressor *decompressor);

#endif

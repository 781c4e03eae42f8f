/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/inflate.h"

#include <inttypes.h>
#include <libdeflate.h>
#include <zstd.h>

/* More debug information than any linker has made; beyond it, the header lies. */
#define INFLATED_MAX ((uint64_t)4 << 30)

/* Deflate's best case is 1032:1; zstd has no such bound, its frame header must agree instead. */
#define DEFLATE_RATIO_MAX 1032

static bool size_is_possible(enum inflate_format format, const uint8_t *bytes, size_t size,
			     uint64_t inflated_size)
{
	if (inflated_size > INFLATED_MAX)
		return false;
	if (format == INFLATE_ZLIB)
		return inflated_size / DEFLATE_RATIO_MAX <= size;
	unsigned long long said = ZSTD_getFrameContentSize(bytes, size);
	return said != ZSTD_CONTENTSIZE_ERROR &&
	       (said == ZSTD_CONTENTSIZE_UNKNOWN || said <= inflated_size);
}

static bool inflate_zlib(const uint8_t *bytes, size_t size, uint8_t *into, size_t into_size)
{
	struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
	if (!decompressor)
		return false;
	/* Without a place for the real size, libdeflate accepts the full size alone. */
	enum libdeflate_result result = libdeflate_zlib_decompress(decompressor, bytes, size, into,
								   into_size, NULL);
	libdeflate_free_decompressor(decompressor);
	return result == LIBDEFLATE_SUCCESS;
}

static bool inflate_zstd(const uint8_t *bytes, size_t size, uint8_t *into, size_t into_size)
{
	return ZSTD_decompress(into, into_size, bytes, size) == into_size;
}

struct error *inflate_block(enum inflate_format format, const uint8_t *bytes, size_t size,
			    uint64_t inflated_size, const char *name, uint8_t **ret)
{
	if (format != INFLATE_ZLIB && format != INFLATE_ZSTD)
		return error_new(ERROR_UNSUPPORTED, "%s: is compressed in an unknown way (%d)",
				 name, (int)format);
	if (!size_is_possible(format, bytes, size, inflated_size))
		return error_new(ERROR_CORRUPT,
				 "%s: %zu compressed bytes cannot stand for %" PRIu64, name, size,
				 inflated_size);

	_cleanup_(free_pointer) uint8_t *inflated = malloc((size_t)inflated_size + 1);
	if (!inflated)
		return error_no_memory();
	bool done = format == INFLATE_ZLIB
			    ? inflate_zlib(bytes, size, inflated, (size_t)inflated_size)
			    : inflate_zstd(bytes, size, inflated, (size_t)inflated_size);
	if (!done)
		return error_new(ERROR_CORRUPT, "%s: cannot be decompressed", name);
	*ret = TAKE_PTR(inflated);
	return NULL;
}

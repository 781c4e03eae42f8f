/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/bytes.h"

#include <errno.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <string.h>
#include <sys/stat.h>

#include "base/big_array.h"
#include "base/decompress.h"
#include "base/file.h"

/*
 * All that a profile may take: so much, and so many times the file. dowse itself and what it
 * computes take the rest of 64 MiB. Profiles unpack to three to twelve times their size.
 */
#define LEAST        ((uint64_t)52 << 20)
#define TIMES        15
#define UNPACK_LEAST ((uint64_t)36 << 20)
#define UNPACK_TIMES 11

static struct error *too_much(const char *name, size_t packed, uint64_t limit)
{
	return error_new(ERROR_LIMIT,
			 "%s: its %zu bytes unpack to more than %" PRIu64 " at offset 0x%" PRIx64
			 ": no profile does",
			 name, packed, limit, limit);
}

static struct error *damaged(const char *name, enum compression compression, size_t offset,
			     const char *why)
{
	return error_new(ERROR_CORRUPT, "%s: %s data at offset 0x%zx: %s", name,
			 compression_name(compression), offset, why);
}

/* One member after another, each in one call. */
static struct error *unpack_gzip(const uint8_t *packed, size_t size, const char *name,
				 uint64_t limit, struct profile_bytes *bytes)
{
	struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
	if (!decompressor)
		return error_no_memory();
	struct error *error = NULL;
	size_t at = 0;
	do {
		size_t taken = 0, made = 0;
		enum libdeflate_result result = libdeflate_gzip_decompress_ex(
			decompressor, packed + at, size - at, bytes->bytes + bytes->size,
			limit - bytes->size, &taken, &made);
		if (result == LIBDEFLATE_INSUFFICIENT_SPACE)
			error = too_much(name, size, limit);
		else if (result != LIBDEFLATE_SUCCESS)
			error = damaged(name, COMPRESSION_GZIP, at, "damaged, or cut short");
		at += taken;
		bytes->size += made;
	} while (!error && at < size);
	libdeflate_free_decompressor(decompressor);
	return error;
}

static struct error *unpack_stream(enum compression compression, const uint8_t *packed, size_t size,
				   const char *name, uint64_t limit, struct profile_bytes *bytes)
{
	_cleanup_(decompressor_cleanup) struct decompressor *decompressor = NULL;
	TRY(decompressor_create(compression, size, &decompressor));
	size_t at = 0;
	for (;;) {
		const char *problem = "damaged";
		struct decompress_step step = {
			.input = packed + at,
			.input_size = size - at,
			.output = bytes->bytes + bytes->size,
			.output_size = limit - bytes->size,
		};
		if (!decompressor_step(decompressor, &step, &problem))
			return damaged(name, compression, at, problem);
		at += step.taken;
		bytes->size += step.made;
		if (at == size && decompressor_is_whole(decompressor))
			return NULL;
		if (!step.taken && !step.made)
			return bytes->size == limit ? too_much(name, size, limit)
						    : damaged(name, compression, at, "cut short");
	}
}

struct error *profile_bytes_unpack(const void *packed, size_t size, const char *name,
				   struct profile_bytes *ret)
{
	enum compression compression = compression_of(packed, size);
	uint64_t limit = compression == COMPRESSION_NONE
				 ? size
				 : UNPACK_LEAST + (uint64_t)UNPACK_TIMES * size;
	struct profile_bytes bytes = { .room = limit + 1, .left = LEAST + (uint64_t)TIMES * size };
	struct error *error;
	/* Pages that are never touched cost nothing. */
	TRY(big_array_allocate(bytes.room, 1, &bytes.bytes));
	if (compression == COMPRESSION_NONE) {
		if (size)
			memcpy(bytes.bytes, packed, size);
		bytes.size = size;
		error = NULL;
	} else if (compression == COMPRESSION_GZIP) {
		error = unpack_gzip(packed, size, name, limit, &bytes);
	} else {
		error = unpack_stream(compression, packed, size, name, limit, &bytes);
	}
	if (!error)
		error = profile_bytes_charge(&bytes, name, bytes.size);
	if (error) {
		profile_bytes_deinit(&bytes);
		return error;
	}
	big_array_shrink(bytes.bytes, bytes.room, bytes.size + 1, 1);
	bytes.room = bytes.size + 1;
	bytes.bytes[bytes.size] = 0;
	*ret = bytes;
	return NULL;
}

struct error *profile_bytes_read(int descriptor, const char *name, struct profile_bytes *ret)
{
	_cleanup_(file_bytes_deinit) struct file_bytes file = { 0 };
	TRY(file_map(descriptor, name, &file));
	return profile_bytes_unpack(file.bytes, file.size, name, ret);
}

struct error *profile_bytes_charge(struct profile_bytes *bytes, const char *name, uint64_t size)
{
	if (size > bytes->left)
		return error_new(ERROR_LIMIT,
				 "%s: at offset 0x%zx it would take %" PRIu64
				 " bytes more than a profile of that size may",
				 name, bytes->size, size - bytes->left);
	bytes->left -= size;
	return NULL;
}

void profile_bytes_deinit(struct profile_bytes *bytes)
{
	if (bytes->bytes)
		big_array_free(bytes->bytes, bytes->room, 1);
	*bytes = (struct profile_bytes){ 0 };
}

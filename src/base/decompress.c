/* SPDX-License-Identifier: Apache-2.0 */
#include "base/decompress.h"

/* zlib may leave the input alone, and says so if asked. */
#define ZLIB_CONST

#include <lz4frame.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

/*
 * A frame of zstd says how much memory its window takes, up to gigabytes. What people compress
 * with by default needs 8 MiB at most, its highest level 128.
 */
#define WINDOW_LOG_SMALL 25
#define WINDOW_LOG_LARGE 27
#define LARGE_INPUT      ((uint64_t)8 << 20)

#define GZIP_WINDOW (15 + 16) /* the largest there is; with gzip's header */

struct decompressor {
	enum compression compression;
	bool whole; /* at the end of a frame, and nothing of the next one read */
	ZSTD_DCtx *zstd;
	LZ4F_dctx *lz4;
	z_stream gzip;
	bool has_gzip;
};

static const char *const names[] = { [COMPRESSION_NONE] = "nothing",
#define COMPRESSION(id, name) [COMPRESSION_##id] = name,
				     COMPRESSIONS(COMPRESSION)
#undef COMPRESSION
};

const char *compression_name(enum compression compression)
{
	return names[compression];
}

enum compression compression_of(const void *bytes, size_t size)
{
	static const struct {
		const char *magic;
		size_t size;
		enum compression compression;
	} magics[] = {
		{ "\x28\xb5\x2f\xfd", 4, COMPRESSION_ZSTD },
		{ "\x04\x22\x4d\x18", 4, COMPRESSION_LZ4 },
		{ "\x1f\x8b\x08", 3, COMPRESSION_GZIP },
	};
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		if (size >= magics[i].size && !memcmp(bytes, magics[i].magic, magics[i].size))
			return magics[i].compression;
	}
	return COMPRESSION_NONE;
}

static bool start(struct decompressor *decompressor, uint64_t size)
{
	int window = size < LARGE_INPUT ? WINDOW_LOG_SMALL : WINDOW_LOG_LARGE;
	switch (decompressor->compression) {
	case COMPRESSION_ZSTD:
		decompressor->zstd = ZSTD_createDCtx();
		return decompressor->zstd &&
		       !ZSTD_isError(ZSTD_DCtx_setParameter(decompressor->zstd, ZSTD_d_windowLogMax,
							    window));
	case COMPRESSION_LZ4:
		return !LZ4F_isError(
			LZ4F_createDecompressionContext(&decompressor->lz4, LZ4F_VERSION));
	case COMPRESSION_GZIP:
		decompressor->has_gzip = inflateInit2(&decompressor->gzip, GZIP_WINDOW) == Z_OK;
		return decompressor->has_gzip;
	case COMPRESSION_NONE:
		break;
	}
	return false;
}

struct error *decompressor_create(enum compression compression, uint64_t size,
				  struct decompressor **ret)
{
	_cleanup_(decompressor_cleanup) struct decompressor *decompressor =
		calloc(1, sizeof(*decompressor));
	if (!decompressor)
		return error_no_memory();
	decompressor->compression = compression;
	decompressor->whole = true;
	if (!start(decompressor, size))
		return error_no_memory();
	*ret = TAKE_PTR(decompressor);
	return NULL;
}

void decompressor_destroy(struct decompressor *decompressor)
{
	if (!decompressor)
		return;
	ZSTD_freeDCtx(decompressor->zstd);
	LZ4F_freeDecompressionContext(decompressor->lz4);
	if (decompressor->has_gzip)
		inflateEnd(&decompressor->gzip);
	free(decompressor);
}

static bool step_zstd(struct decompressor *decompressor, struct decompress_step *step,
		      const char **ret_problem)
{
	ZSTD_inBuffer input = { step->input, step->input_size, 0 };
	ZSTD_outBuffer output = { step->output, step->output_size, 0 };
	size_t left = ZSTD_decompressStream(decompressor->zstd, &output, &input);
	step->taken = input.pos;
	step->made = output.pos;
	if (!ZSTD_isError(left)) {
		decompressor->whole = left == 0;
		return true;
	}
	*ret_problem = ZSTD_getErrorName(left);
	return false;
}

static bool step_lz4(struct decompressor *decompressor, struct decompress_step *step,
		     const char **ret_problem)
{
	step->taken = step->input_size;
	step->made = step->output_size;
	size_t left = LZ4F_decompress(decompressor->lz4, step->output, &step->made, step->input,
				      &step->taken, NULL);
	if (!LZ4F_isError(left)) {
		decompressor->whole = left == 0;
		return true;
	}
	step->taken = step->made = 0;
	*ret_problem = LZ4F_getErrorName(left);
	return false;
}

static bool step_gzip(struct decompressor *decompressor, struct decompress_step *step,
		      const char **ret_problem)
{
	z_stream *stream = &decompressor->gzip;
	if (decompressor->whole && step->input_size)
		inflateReset(stream); /* one member follows another */
	stream->next_in = step->input;
	stream->avail_in = (unsigned)MIN(step->input_size, (size_t)1 << 30);
	unsigned given = stream->avail_in;
	stream->next_out = step->output;
	stream->avail_out = (unsigned)MIN(step->output_size, (size_t)1 << 30);
	unsigned room = stream->avail_out;
	int status = inflate(stream, Z_NO_FLUSH);
	step->taken = given - stream->avail_in;
	step->made = room - stream->avail_out;
	/* Z_BUF_ERROR: nothing to do without more input or room, which is no error. */
	if (status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR) {
		decompressor->whole = status == Z_STREAM_END;
		return true;
	}
	*ret_problem = stream->msg ? stream->msg : "damaged";
	return false;
}

bool decompressor_step(struct decompressor *decompressor, struct decompress_step *step,
		       const char **ret_problem)
{
	step->taken = step->made = 0;
	switch (decompressor->compression) {
	case COMPRESSION_ZSTD:
		return step_zstd(decompressor, step, ret_problem);
	case COMPRESSION_LZ4:
		return step_lz4(decompressor, step, ret_problem);
	case COMPRESSION_GZIP:
		return step_gzip(decompressor, step, ret_problem);
	case COMPRESSION_NONE:
		break;
	}
	*ret_problem = "not compressed";
	return false;
}

bool decompressor_is_whole(const struct decompressor *decompressor)
{
	return decompressor->whole;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <fcntl.h>
#include <lz4frame.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include "base/spool.h"

#define PAGE  ((size_t)4096)
#define PAGES ((size_t)600)
#define PLAIN (PAGES * PAGE + 100)

/* Pages of noise with zeroes between them, as in a core; the last one is cut. */
static uint8_t *make_plain(void)
{
	uint8_t *plain = calloc(1, PLAIN);
	assert_non_null(plain);
	uint32_t word = 1;
	for (size_t i = 0; i < PLAIN; i++) {
		word = word * 1664525 + 1013904223;
		if (i / PAGE % 3 == 1)
			plain[i] = (uint8_t)(word >> 24);
	}
	return plain;
}

static size_t pack(enum compression compression, const uint8_t *plain, size_t size, uint8_t *into,
		   size_t room)
{
	if (compression == COMPRESSION_ZSTD)
		return ZSTD_compress(into, room, plain, size, 1);
	if (compression == COMPRESSION_LZ4)
		return LZ4F_compressFrame(into, room, plain, size, NULL);
	z_stream stream = { 0 };
	assert_int_equal(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	stream.next_in = (Bytef *)(uintptr_t)plain;
	stream.avail_in = (unsigned)size;
	stream.next_out = into;
	stream.avail_out = (unsigned)room;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	size_t made = stream.total_out;
	deflateEnd(&stream);
	return made;
}

static int file_of(const uint8_t *bytes, size_t size)
{
	int file = memfd_create("packed", MFD_CLOEXEC);
	assert_true(file >= 0);
	assert_int_equal(write(file, bytes, size), size);
	return file;
}

static struct error *unpack(const uint8_t *bytes, size_t size, struct spool_result *ret)
{
	_cleanup_(close_descriptor) int file = file_of(bytes, size);
	struct spool_options options = { .folder = "/tmp" };
	return spool_decompress(file, "made", compression_of(bytes, size), &options, ret);
}

/* What was unpacked is the head of the plain bytes. */
static void check_head(const struct spool_result *spool, const uint8_t *plain)
{
	uint8_t *found = malloc(PLAIN + 1);
	struct stat status;
	assert_non_null(found);
	assert_true(spool->size <= PLAIN);
	assert_int_equal(fstat(spool->descriptor, &status), 0);
	assert_int_equal(status.st_size, spool->size);
	assert_int_equal(pread(spool->descriptor, found, PLAIN + 1, 0), spool->size);
	assert_memory_equal(found, plain, (size_t)spool->size);
	free(found);
}

static void test_round_trip(void **state)
{
	(void)state;
	uint8_t *plain = make_plain(), *packed = malloc(2 * PLAIN);
	for (int way = COMPRESSION_ZSTD; way <= COMPRESSION_GZIP; way++) {
		struct spool_result spool;
		struct stat status;
		/* Two frames in a row are one file. */
		size_t half = PLAIN / 2;
		size_t size = pack((enum compression)way, plain, half, packed, PLAIN);
		size += pack((enum compression)way, plain + half, PLAIN - half, packed + size,
			     PLAIN);
		assert_int_equal(compression_of(packed, size), way);
		check_ok(unpack(packed, size, &spool));
		assert_string_equal(spool.problem, "");
		assert_int_equal(spool.size, PLAIN);
		check_head(&spool, plain);
		/* Two of three pages are holes. */
		assert_int_equal(fstat(spool.descriptor, &status), 0);
		assert_true((uint64_t)status.st_blocks * 512 < PLAIN / 2);
		close(spool.descriptor);

		uint8_t head[5000];
		size_t known = 0;
		_cleanup_(close_descriptor) int file = file_of(packed, size);
		check_ok(spool_peek(file, "made", (enum compression)way, head, sizeof(head),
				    &known));
		assert_int_equal(known, sizeof(head));
		assert_memory_equal(head, plain, known);
	}
	free(plain);
	free(packed);
}

/* Whatever is missing or wrong, what comes out is the beginning, and the problem is said. */
static void test_cut_and_damaged(void **state)
{
	(void)state;
	uint8_t *plain = make_plain(), *packed = malloc(2 * PLAIN);
	for (int way = COMPRESSION_ZSTD; way <= COMPRESSION_GZIP; way++) {
		size_t size = pack((enum compression)way, plain, PLAIN, packed, 2 * PLAIN);
		for (size_t cut = 4; cut < size; cut += size / 37) {
			struct spool_result spool;
			check_ok(unpack(packed, cut, &spool));
			assert_non_null(strstr(spool.problem, "ends too early, at offset 0x"));
			check_head(&spool, plain);
			close(spool.descriptor);
		}
		struct spool_result spool;
		memset(packed + size / 2, 0xff, 64);
		check_ok(unpack(packed, size, &spool));
		/* lz4 has no sum but over all of it: the bytes may be wrong, the length not. */
		assert_true(spool.size <= PLAIN);
		if (way != COMPRESSION_LZ4)
			assert_true(spool.problem[0] || spool.size == PLAIN);
		close(spool.descriptor);
	}
	free(plain);
	free(packed);
}

/* A few bytes that ask for a window of 128 MiB. */
static void test_large_window(void **state)
{
	(void)state;
	uint8_t *plain = make_plain(), *packed = malloc(2 * PLAIN);
	ZSTD_CCtx *context = ZSTD_createCCtx();
	ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
	ZSTD_inBuffer input = { plain, PLAIN, 0 };
	ZSTD_outBuffer output = { packed, 2 * PLAIN, 0 };
	/* In two steps, so that it does not know how little there is. */
	ZSTD_compressStream2(context, &output, &input, ZSTD_e_continue);
	assert_int_equal(ZSTD_compressStream2(context, &output, &input, ZSTD_e_end), 0);
	ZSTD_freeCCtx(context);
	struct spool_result spool;
	check_ok(unpack(packed, output.pos, &spool));
	assert_int_equal(spool.size, 0);
	assert_non_null(strstr(spool.problem, "memory"));
	close(spool.descriptor);
	free(plain);
	free(packed);
}

static void test_no_folder(void **state)
{
	(void)state;
	struct spool_options options = { .folder = "/nowhere" };
	struct spool_result spool;
	_cleanup_(close_descriptor) int file = file_of((const uint8_t *)"x", 1);
	check_error(spool_decompress(file, "made", COMPRESSION_ZSTD, &options, &spool),
		    ERROR_NOT_FOUND, "--spool DIR");
}

static void test_names(void **state)
{
	(void)state;
	assert_int_equal(compression_of("", 0), COMPRESSION_NONE);
	assert_int_equal(compression_of("\x1f\x8b", 2), COMPRESSION_NONE);
	assert_int_equal(compression_of("\x7f"
					"ELF",
					4),
			 COMPRESSION_NONE);
	assert_string_equal(compression_name(COMPRESSION_LZ4), "lz4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_cut_and_damaged),
		cmocka_unit_test(test_large_window), cmocka_unit_test(test_no_folder),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

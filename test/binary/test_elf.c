/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <elf.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <sys/mman.h>
#include <zstd.h>

#include "base/file.h"
#include "binary/elf.h"
#include "binary/inflate.h"

/* Made by fuzz/seeds.py; tests run in the source folder. */
#define SECTIONS "fuzz/corpus/elf/sections"
#define SEGMENTS "fuzz/corpus/elf/segments-alone"
#define BASE     0x400000

static struct file_bytes sample(const char *path)
{
	struct file_bytes file = { 0 };
	check_ok(file_read(path, 1 << 20, &file));
	return file;
}

static struct error *open_bytes(const uint8_t *bytes, size_t size, struct elf **ret)
{
	_cleanup_(close_descriptor) int descriptor = memfd_create("test", MFD_CLOEXEC);
	assert_true(descriptor >= 0);
	assert_int_equal(write(descriptor, bytes, size), (ssize_t)size);
	return elf_open(descriptor, "test", ret);
}

static struct elf *open_sample(const char *path)
{
	struct elf *elf = NULL;
	_cleanup_(close_descriptor) int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(descriptor >= 0);
	check_ok(elf_open(descriptor, path, &elf));
	return elf;
}

static void sections_are_found_and_decompressed_once(void **state)
{
	(void)state;
	_cleanup_(elf_cleanup) struct elf *elf = open_sample(SECTIONS);
	const uint8_t *bytes = NULL, *again = NULL;
	size_t size = 0;
	const struct elf_section *section = elf_find_section(elf, ".debug_info");
	assert_non_null(section);
	check_ok(elf_section_bytes(elf, section, &bytes, &size));
	assert_int_equal(size, 9 * strlen("debug information, repeated. "));
	assert_true(section->size < size);
	assert_memory_equal(bytes, "debug information, repeated. debug", 34);
	check_ok(elf_section_bytes(elf, section, &again, &size));
	assert_ptr_equal(again, bytes);
	assert_null(elf_find_section(elf, ".debug_line"));
	assert_string_equal(elf_go_build_id(elf), "abcd/efg");
	assert_string_equal(elf_build_id(elf), "");
	assert_int_equal(elf_machine(elf), ELF_AMD64);
	assert_false(elf_is_image(elf));
}

static void symbols_are_found_in_one_pass(void **state)
{
	(void)state;
	_cleanup_(elf_cleanup) struct elf *elf = open_sample(SECTIONS);
	struct elf_symbol symbols[] = {
		{ .name = "runtime.allgs" },
		{ .name = "runtime.allg" },
		{ .name = "main" },
		{ .name = "main" },
		{ .name = "" },
	};
	check_ok(elf_find_symbols(elf, symbols, 5));
	assert_true(symbols[0].found && symbols[2].found && symbols[3].found);
	assert_false(symbols[1].found || symbols[4].found);
	assert_int_equal(symbols[0].address, BASE + 0x300);
	assert_int_equal(symbols[0].size, 24);
	assert_int_equal(symbols[3].address, BASE + 0x200);

	_cleanup_(elf_cleanup) struct elf *bare = open_sample(SEGMENTS);
	check_ok(elf_find_symbols(bare, symbols, 5));
	assert_false(symbols[0].found);
}

static void bytes_are_those_of_segments(void **state)
{
	(void)state;
	_cleanup_(elf_cleanup) struct elf *elf = open_sample(SEGMENTS);
	size_t count = 0;
	elf_sections(elf, &count);
	assert_int_equal(count, 0);
	const struct elf_segment *segments = elf_segments(elf, &count);
	assert_int_equal(count, 3);
	size_t left = elf_bytes_left(elf, BASE + 16);
	assert_int_equal(left, segments[0].file_size - 16);
	assert_memory_equal(elf_bytes_at(elf, BASE, 4),
			    "\x7f"
			    "ELF",
			    4);
	assert_non_null(elf_bytes_at(elf, BASE + 16, left));
	assert_null(elf_bytes_at(elf, BASE + 16, left + 1));
	assert_null(elf_bytes_at(elf, BASE - 1, 1));
	assert_string_equal(elf_go_build_id(elf), "abcd/efg");
}

static void an_image_lies_as_it_was_loaded(void **state)
{
	(void)state;
	struct file_bytes file = sample(SEGMENTS);
	uint8_t *image = calloc(1, 0x10000 + file.size + 64);
	assert_non_null(image);
	memcpy(image, file.bytes, file.size);
	memcpy(image + 0x10000, "in memory", 10);
	struct elf *elf = NULL;
	check_ok(elf_open_image(image, 0x10000 + file.size + 64, "image", &elf));
	assert_true(elf_is_image(elf));
	assert_string_equal((const char *)elf_bytes_at(elf, BASE + 0x10000, 10), "in memory");
	/* What the file left out is there, too. */
	assert_int_equal(elf_bytes_left(elf, BASE + 0x10000), file.size + 64);
	elf_destroy(elf);
	file_bytes_deinit(&file);
}

/* Else a file that lost its end would be taken for one that has no Go in it. */
static void sections_without_names_are_none(void **state)
{
	(void)state;
	struct file_bytes file = sample(SECTIONS);
	uint8_t *copy = malloc(file.size);
	struct elf *elf = NULL;
	size_t count = 1;
	assert_non_null(copy);
	memcpy(copy, file.bytes, file.size);
	memset(copy + offsetof(Elf64_Ehdr, e_shstrndx), 0x7f, 2);
	check_ok(open_bytes(copy, file.size, &elf));
	elf_sections(elf, &count);
	assert_int_equal(count, 0);
	elf_destroy(elf);
	free(copy);
	file_bytes_deinit(&file);
}

static void what_is_no_executable_is_refused(void **state)
{
	(void)state;
	struct elf *elf = NULL;
	check_error(open_bytes((const uint8_t *)"#!/bin/sh\n", 10, &elf), ERROR_NOT_GO,
		    "not an ELF");
	uint8_t narrow[64] = "\x7f"
			     "ELF\x01\x01\x01";
	check_error(open_bytes(narrow, sizeof(narrow), &elf), ERROR_UNSUPPORTED, "64-bit");
	check_error(open_bytes(narrow, 0, &elf), ERROR_NOT_GO, "not an ELF");
}

/* Everything that can be asked for; what it is does not matter, that it ends does. */
static void ask_everything(struct elf *elf)
{
	struct elf_symbol symbol = { .name = "runtime.allgs" };
	const uint8_t *bytes = NULL;
	size_t count = 0, size = 0;
	const struct elf_section *sections = elf_sections(elf, &count);
	for (size_t i = 0; i < count; i++) {
		if (error_ignore(elf_section_bytes(elf, &sections[i], &bytes, &size)) && size > 0)
			assert_true(bytes[0] + bytes[size - 1] >= 0);
	}
	assert_true(error_ignore(elf_find_symbols(elf, &symbol, 1)));
	assert_true(strlen(elf_build_id(elf)) + strlen(elf_go_build_id(elf)) < 4096);
}

static size_t survive(const uint8_t *bytes, size_t size)
{
	_cleanup_(elf_cleanup) struct elf *elf = NULL;
	if (!error_ignore(open_bytes(bytes, size, &elf)))
		return 0;
	ask_everything(elf);
	return 1;
}

static void damage_is_survived(void **state)
{
	(void)state;
	struct file_bytes file = sample(SECTIONS);
	uint8_t *copy = malloc(file.size);
	assert_non_null(copy);
	memcpy(copy, file.bytes, file.size);
	size_t opened = 0;
	for (size_t size = 0; size < file.size; size++)
		opened += survive(copy, size);
	/* Without its end a file has lost its sections, not its segments. */
	assert_true(opened > file.size / 2);
	for (size_t bit = 0; bit < file.size * 8; bit++) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		survive(copy, file.size);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(copy);
	file_bytes_deinit(&file);
}

static void both_formats_are_inflated(void **state)
{
	(void)state;
	uint8_t plain[5000], packed[6000], *inflated = NULL;
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * i / 7);
	size_t size = ZSTD_compress(packed, sizeof(packed), plain, sizeof(plain), 3);
	assert_false(ZSTD_isError(size));
	check_ok(inflate_block(INFLATE_ZSTD, packed, size, sizeof(plain), "x", &inflated));
	assert_memory_equal(inflated, plain, sizeof(plain));
	free(inflated);
	check_error(inflate_block(INFLATE_ZSTD, packed, size, sizeof(plain) + 1, "x", &inflated),
		    ERROR_CORRUPT, "cannot be decompressed");
	check_error(inflate_block(INFLATE_ZSTD, packed, size, sizeof(plain) - 1, "x", &inflated),
		    ERROR_CORRUPT, "cannot stand for");

	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
	assert_non_null(compressor);
	size = libdeflate_zlib_compress(compressor, plain, sizeof(plain), packed, sizeof(packed));
	libdeflate_free_compressor(compressor);
	check_ok(inflate_block(INFLATE_ZLIB, packed, size, sizeof(plain), "x", &inflated));
	assert_memory_equal(inflated, plain, sizeof(plain));
	free(inflated);
	check_error(inflate_block(INFLATE_ZLIB, packed, size, sizeof(plain) - 1, "x", &inflated),
		    ERROR_CORRUPT, "cannot be decompressed");
	/* Memory is not taken for what the bytes cannot hold. */
	check_error(inflate_block(INFLATE_ZLIB, packed, 100, (uint64_t)1 << 30, "x", &inflated),
		    ERROR_CORRUPT, "cannot stand for");
	check_error(inflate_block((enum inflate_format)3, packed, size, 10, "x", &inflated),
		    ERROR_UNSUPPORTED, "unknown way");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_are_found_and_decompressed_once),
		cmocka_unit_test(symbols_are_found_in_one_pass),
		cmocka_unit_test(bytes_are_those_of_segments),
		cmocka_unit_test(an_image_lies_as_it_was_loaded),
		cmocka_unit_test(sections_without_names_are_none),
		cmocka_unit_test(what_is_no_executable_is_refused),
		cmocka_unit_test(damage_is_survived),
		cmocka_unit_test(both_formats_are_inflated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as an executable, from a file and as an image from memory. Whatever the headers claim,
 * what is handed out lies inside of the bytes.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "binary/build_info.h"
#include "binary/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Compressed sections of a hostile file may ask for much; the fuzzer has better things to do. */
#define INFLATE_LIMIT ((size_t)1 << 20)

static uint64_t touch(const uint8_t *bytes, size_t size)
{
	uint64_t sum = 0;
	for (size_t i = 0; bytes && i < size; i += 61)
		sum += bytes[i];
	return size > 0 && bytes ? sum + bytes[size - 1] : sum;
}

static void read_sections(struct elf *elf)
{
	size_t count = 0;
	const struct elf_section *sections = elf_sections(elf, &count);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *bytes = NULL;
		size_t size = 0;
		assert(strlen(sections[i].name) < INFLATE_LIMIT);
		if (error_ignore(elf_section_bytes(elf, &sections[i], &bytes, &size)))
			touch(bytes, size);
	}
}

static void read_segments(const struct elf *elf)
{
	size_t count = 0;
	const struct elf_segment *segments = elf_segments(elf, &count);
	for (size_t i = 0; i < count; i++) {
		size_t left = elf_bytes_left(elf, segments[i].address);
		const uint8_t *bytes = elf_bytes_at(elf, segments[i].address, left);
		assert(left == 0 || bytes);
		assert(!elf_bytes_at(elf, segments[i].address, left + 1));
		touch(bytes, left);
	}
}

static void read_all(struct elf *elf)
{
	struct elf_symbol symbols[] = {
		{ .name = "runtime.allgs" },
		{ .name = "main" },
		{ .name = "main" },
	};
	struct build_info info = { 0 };
	read_sections(elf);
	read_segments(elf);
	if (error_ignore(elf_find_symbols(elf, symbols, ARRAY_SIZE(symbols))))
		assert(symbols[1].found == symbols[2].found &&
		       symbols[1].address == symbols[2].address);
	touch((const uint8_t *)elf_build_id(elf), strlen(elf_build_id(elf)));
	touch((const uint8_t *)elf_go_build_id(elf), strlen(elf_go_build_id(elf)));
	if (error_ignore(build_info_read(elf, &info)))
		build_info_deinit(&info);
}

static void try_file(const uint8_t *data, size_t size)
{
	_cleanup_(close_descriptor) int descriptor = memfd_create("fuzz", MFD_CLOEXEC);
	_cleanup_(elf_cleanup) struct elf *elf = NULL;
	if (descriptor < 0 || write(descriptor, data, size) != (ssize_t)size)
		return;
	if (error_ignore(elf_open(descriptor, "fuzz", &elf)))
		read_all(elf);
}

static void try_image(const uint8_t *data, size_t size)
{
	_cleanup_(elf_cleanup) struct elf *elf = NULL;
	uint8_t *copy = malloc(size);
	if (!copy)
		return;
	memcpy(copy, data, size);
	if (error_ignore(elf_open_image(copy, size, "fuzz", &elf)))
		read_all(elf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	try_file(data, size);
	try_image(data, size);
	return 0;
}

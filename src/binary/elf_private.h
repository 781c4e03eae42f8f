/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_ELF_PRIVATE_H
#define DOWSE_BINARY_ELF_PRIVATE_H

#include "base/file.h"
#include "binary/elf.h"

/* What elf_*.c share. Section and segment tables are copies; nothing in them has been checked. */
struct elf {
	char *name;
	struct file_bytes file;
	bool image;
	enum elf_machine machine;
	/* Address that bytes[0] of an image from memory stands for. */
	uint64_t image_address;
	struct elf_section *sections;
	/* Decompressed contents, by section; NULL until they are asked for. */
	uint8_t **inflated;
	size_t *inflated_size;
	size_t section_count;
	struct elf_segment *segments;
	size_t segment_count;
	/* In hexadecimal, and as the linker wrote it; NULL until asked for. */
	char *build_id;
	char *go_build_id;
};

/* The section's bytes as they lie in the file; NULL when the file does not have them all. */
const uint8_t *elf_raw_section(const struct elf *elf, const struct elf_section *section);

#endif

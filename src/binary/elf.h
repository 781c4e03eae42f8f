/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_ELF_H
#define DOWSE_BINARY_ELF_H

#include "base/error.h"

/*
 * A 64-bit little-endian ELF image: an executable or a shared object, with or without section
 * headers and symbols. It is read in place; compressed sections are decompressed when they are
 * asked for, once. Addresses are those of the file; a caller who knows where the image was loaded
 * adds the bias.
 */
struct elf;

enum elf_machine {
	ELF_AMD64 = 62,
	ELF_ARM64 = 183,
};

struct elf_section {
	const char *name;
	uint32_t type;
	uint64_t flags;
	uint64_t address;
	uint64_t offset;
	uint64_t size; /* in the file: that of the compressed bytes */
	uint32_t link;
};

struct elf_segment {
	uint32_t type;
	uint32_t flags;
	uint64_t offset;
	uint64_t address;
	uint64_t file_size;
	uint64_t memory_size;
};

/* Maps the file; the descriptor stays the caller's and may be closed. `name` is copied. */
struct error *elf_open(int descriptor, const char *name, struct elf **ret) must_use;

/*
 * An image as it lies in memory (no section headers there, usually): `bytes` become the image's and
 * are freed with it. bytes[0] is what the first loadable segment's file offset 0 was loaded to, and
 * every segment's bytes lie at its address minus the first one's.
 */
struct error *elf_open_image(uint8_t *bytes, size_t size, const char *name, struct elf **ret)
	must_use;

void elf_destroy(struct elf *elf);

const char *elf_name(const struct elf *elf);
enum elf_machine elf_machine(const struct elf *elf);
bool elf_is_image(const struct elf *elf); /* opened from memory */

/* NULL when there is none. */
const struct elf_section *elf_find_section(const struct elf *elf, const char *name);
const struct elf_section *elf_sections(const struct elf *elf, size_t *ret_count);
const struct elf_segment *elf_segments(const struct elf *elf, size_t *ret_count);

/* The contents, decompressed; they belong to the image. SHT_NOBITS is an error. */
struct error *elf_section_bytes(struct elf *elf, const struct elf_section *section,
				const uint8_t **ret, size_t *ret_size) must_use;

/* Bytes at an address of the file, where a segment has them in the file; NULL otherwise. */
const uint8_t *elf_bytes_at(const struct elf *elf, uint64_t address, size_t size);

/* How many bytes elf_bytes_at() can give from that address on. */
size_t elf_bytes_left(const struct elf *elf, uint64_t address);

struct elf_symbol {
	const char *name; /* in: what is looked for */
	uint64_t address; /* out */
	uint64_t size;    /* out */
	bool found;       /* out */
};

/* Look many names up in one pass over .symtab; a file without one finds nothing. */
struct error *elf_find_symbols(struct elf *elf, struct elf_symbol *symbols, size_t count) must_use;

/* The GNU and Go build ids; "" when absent. */
const char *elf_build_id(struct elf *elf);
const char *elf_go_build_id(struct elf *elf);

static inline void elf_cleanup(struct elf **elf)
{
	elf_destroy(*elf);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_CORE_IDENTITY_H
#define DOWSE_TARGET_CORE_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which build an ELF file is, by its first page alone, which cores keep: linkers put the notes
 * with the build ids there. Bytes that make no sense yield an identity that agrees with nothing.
 */
#define CORE_IDENTITY_PAGE ((size_t)4096)
#define CORE_ID_MAX        ((size_t)256)

struct core_id {
	size_t size; /* 0: none */
	uint8_t bytes[CORE_ID_MAX];
};

struct core_identity {
	bool is_elf;
	struct core_id go;
	struct core_id gnu;
	uint64_t entry;
	size_t segments_size; /* 0: the program headers lie elsewhere */
	uint8_t segments[CORE_IDENTITY_PAGE];
};

void core_identity_read(const uint8_t *page, size_t size, struct core_identity *ret);

/* The same build: by the ids where both have one, else by the headers. */
bool core_identity_equal(const struct core_identity *left, const struct core_identity *right);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <string.h>

#include "base/hash.h"
#include "heap/index_private.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

const uint64_t index_item_sizes[INDEX_SECTION_COUNT] = {
#define SECTION(id, item) [INDEX_##id] = sizeof(item),
	HEAP_INDEX_SECTIONS(SECTION)
#undef SECTION
};

bool heap_index_is(const void *bytes, size_t size)
{
	return size >= HEAP_INDEX_MAGIC_SIZE &&
	       memcmp(bytes, HEAP_INDEX_MAGIC, HEAP_INDEX_MAGIC_SIZE) == 0;
}

uint64_t index_checksum(const void *bytes, size_t size)
{
	return XXH3_64bits(bytes, size);
}

/* The linker puts it there: where this program's own headers are, in memory. */
extern const uint8_t __ehdr_start[] __attribute__((weak, visibility("hidden")));

/*
 * What a heap is made of changes with the code and not with the version, so an index is good for
 * the same build alone. Its number is among the program's notes.
 */
uint64_t index_build(void)
{
	uint64_t hash = hash_more_text(sizeof(struct index_header), DOWSE_VERSION);
	const uint8_t *start = __ehdr_start;
	if (!start)
		return hash;
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)(const void *)start;
	const Elf64_Phdr *segments = (const Elf64_Phdr *)(const void *)(start + header->e_phoff);
	for (size_t i = 0; i < header->e_phnum; i++) {
		if (segments[i].p_type == PT_NOTE)
			hash = hash_more(hash, hash_bytes(start + segments[i].p_offset,
							  segments[i].p_filesz));
	}
	return hash;
}

uint64_t index_roots(const struct heap_roots *roots)
{
	uint64_t hash = hash_more(roots->list.count, roots->pointers.count);
	for (size_t i = 0; i < roots->list.count; i++) {
		const struct heap_root *root = &roots->list.items[i];
		hash = hash_more(hash, root->address);
		hash = hash_more(hash,
				 (uint64_t)root->kind << 56 | root->count << 1 | root->through);
	}
	for (size_t i = 0; i < roots->pointers.count; i++)
		hash = hash_more(hash, roots->pointers.items[i].value);
	return hash;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <string.h>

#include "binary/module_private.h"

/*
 * Most files have a section of its own for the table. Linked by gcc it may be anywhere in
 * .data.rel.ro, and a file without section headers says nothing: there, and last of all, it is
 * searched by its first eight bytes, segment after segment. What is found is a candidate: a
 * program may carry another program's table in its data.
 */
static const char *const own_sections[] = { ".gopclntab", ".data.rel.ro.gopclntab" };
#define STAGE_SEGMENTS  ARRAY_SIZE(own_sections)
#define TABLE_ALIGNMENT 8
#define MAGIC_SIZE      8

static bool is_magic(const uint8_t *bytes)
{
	return (bytes[0] == 0xf0 || bytes[0] == 0xf1) && bytes[1] == 0xff && bytes[2] == 0xff &&
	       bytes[3] == 0xff && bytes[4] == 0 && bytes[5] == 0 &&
	       (bytes[6] == 1 || bytes[6] == 4) && bytes[7] == 8;
}

static bool place_at(const struct elf *elf, uint64_t address, struct pclntab_place *ret)
{
	size_t size = elf_bytes_left(elf, address);
	const uint8_t *bytes = elf_bytes_at(elf, address, size);
	if (!bytes || size < MAGIC_SIZE || !is_magic(bytes))
		return false;
	*ret = (struct pclntab_place){ address, bytes, size };
	return true;
}

/* The first place in a segment at or behind `from`. */
static bool search_segment(const struct elf *elf, const struct elf_segment *segment, uint64_t from,
			   struct pclntab_place *ret)
{
	static const uint8_t ones[] = { 0xff, 0xff, 0xff, 0, 0 }; /* from the second byte on */
	uint64_t start = MAX(from, segment->address);
	size_t size = elf_bytes_left(elf, start);
	const uint8_t *bytes = elf_bytes_at(elf, start, size);
	const uint8_t *at = bytes;
	while (at && (size_t)(at - bytes) + MAGIC_SIZE < size) {
		const uint8_t *hit = memmem(at + 1, size - (size_t)(at + 1 - bytes), ones,
					    sizeof(ones));
		if (!hit)
			return false;
		uint64_t address = start + (uint64_t)(hit - 1 - bytes);
		if (address % TABLE_ALIGNMENT == 0 && place_at(elf, address, ret))
			return true;
		at = hit;
	}
	return false;
}

static bool search_segments(struct pclntab_search *search, struct pclntab_place *ret)
{
	size_t count = 0;
	const struct elf_segment *segments = elf_segments(search->elf, &count);
	for (; search->stage - STAGE_SEGMENTS < count; search->stage++) {
		const struct elf_segment *segment = &segments[search->stage - STAGE_SEGMENTS];
		if (segment->type == PT_LOAD &&
		    search_segment(search->elf, segment, search->reached, ret)) {
			search->reached = ret->address + TABLE_ALIGNMENT;
			return true;
		}
		search->reached = 0;
	}
	return false;
}

bool pclntab_search_next(struct pclntab_search *search, struct pclntab_place *ret)
{
	while (search->stage < STAGE_SEGMENTS) {
		const struct elf_section *section = elf_find_section(search->elf,
								     own_sections[search->stage++]);
		if (section && place_at(search->elf, section->address, ret))
			return true;
	}
	return search_segments(search, ret);
}

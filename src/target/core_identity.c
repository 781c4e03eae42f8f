/* SPDX-License-Identifier: Apache-2.0 */
#include "target/core_identity.h"

#include <elf.h>
#include <string.h>

#include "base/cursor.h"

#define NOTE_GO_BUILD_ID 4

static void take_id(struct cursor *cursor, size_t size, struct core_id *ret)
{
	const uint8_t *bytes = cursor_bytes(cursor, size);
	if (!bytes || size > sizeof(ret->bytes) || ret->size)
		return;
	memcpy(ret->bytes, bytes, size);
	ret->size = size;
}

static void read_notes(struct cursor notes, struct core_identity *ret)
{
	while (cursor_left(&notes) >= sizeof(Elf64_Nhdr)) {
		uint32_t name_size = cursor_u32(&notes);
		uint32_t size = cursor_u32(&notes);
		uint32_t type = cursor_u32(&notes);
		const uint8_t *name = cursor_bytes(&notes, name_size);
		if (!name)
			return;
		cursor_skip(&notes, -name_size & 3);
		uint64_t padding = -size & 3;
		if (name_size == 4 && !memcmp(name, "GNU", 4) && type == NT_GNU_BUILD_ID)
			take_id(&notes, size, &ret->gnu);
		else if (name_size == 4 && !memcmp(name, "Go\0", 4) && type == NOTE_GO_BUILD_ID)
			take_id(&notes, size, &ret->go);
		else
			cursor_skip(&notes, size);
		/* The last one's padding may be missing. */
		cursor_skip(&notes, MIN(padding, (uint64_t)cursor_left(&notes)));
		if (notes.failure)
			return;
	}
}

void core_identity_read(const uint8_t *page, size_t size, struct core_identity *ret)
{
	Elf64_Ehdr header;
	*ret = (struct core_identity){ 0 };
	size = MIN(size, CORE_IDENTITY_PAGE);
	if (size < sizeof(header))
		return;
	memcpy(&header, page, sizeof(header));
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr))
		return;
	ret->is_elf = true;
	ret->entry = header.e_entry;
	size_t table_size = header.e_phnum * sizeof(Elf64_Phdr);
	if (header.e_phoff > size || table_size > size - header.e_phoff)
		return;
	memcpy(ret->segments, page + header.e_phoff, table_size);
	ret->segments_size = table_size;
	for (size_t i = 0; i < header.e_phnum; i++) {
		Elf64_Phdr segment;
		memcpy(&segment, ret->segments + i * sizeof(segment), sizeof(segment));
		if (segment.p_type == PT_NOTE && segment.p_offset <= size &&
		    segment.p_filesz <= size - segment.p_offset)
			read_notes(cursor_make(page + segment.p_offset, segment.p_filesz, "", 0),
				   ret);
	}
}

static bool ids_equal(const struct core_id *left, const struct core_id *right)
{
	return left->size == right->size && !memcmp(left->bytes, right->bytes, left->size);
}

bool core_identity_equal(const struct core_identity *left, const struct core_identity *right)
{
	if (!left->is_elf || !right->is_elf)
		return false;
	if (left->go.size && right->go.size)
		return ids_equal(&left->go, &right->go);
	if (left->gnu.size && right->gnu.size)
		return ids_equal(&left->gnu, &right->gnu);
	return left->entry == right->entry && left->segments_size &&
	       left->segments_size == right->segments_size &&
	       !memcmp(left->segments, right->segments, left->segments_size);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <string.h>

#include "base/cursor.h"
#include "binary/elf_private.h"

#define NOTE_GO_BUILD_ID 4

/* The content of a note of that owner and type among `size` bytes of notes, or NULL. */
static const uint8_t *find_note(const struct elf *elf, const uint8_t *bytes, size_t size,
				const char *owner, uint32_t type, size_t *ret_size)
{
	struct cursor cursor = cursor_make(bytes, size, elf->name, 0);
	while (!cursor.failure && cursor_left(&cursor) >= 12) {
		uint32_t owner_size = cursor_u32(&cursor);
		uint32_t content_size = cursor_u32(&cursor);
		uint32_t note_type = cursor_u32(&cursor);
		const uint8_t *note_owner = cursor_bytes(&cursor, owner_size);
		cursor_skip(&cursor, -owner_size & 3);
		const uint8_t *content = cursor_bytes(&cursor, content_size);
		if (!content)
			break;
		/* Go counts the padding of its name. */
		if (note_type == type && owner_size > strlen(owner) &&
		    memcmp(note_owner, owner, strlen(owner) + 1) == 0) {
			*ret_size = content_size;
			return content;
		}
		cursor_skip(&cursor, -content_size & 3);
	}
	return NULL;
}

static const uint8_t *find_note_anywhere(const struct elf *elf, const char *owner, uint32_t type,
					 size_t *ret_size)
{
	for (size_t i = 0; i < elf->section_count; i++) {
		const struct elf_section *section = &elf->sections[i];
		const uint8_t *bytes = elf_raw_section(elf, section);
		if (section->type != SHT_NOTE || !bytes)
			continue;
		bytes = find_note(elf, bytes, (size_t)section->size, owner, type, ret_size);
		if (bytes)
			return bytes;
	}
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *segment = &elf->segments[i];
		if (segment->type != PT_NOTE)
			continue;
		size_t size = MIN(segment->file_size, elf_bytes_left(elf, segment->address));
		const uint8_t *bytes = elf_bytes_at(elf, segment->address, size);
		if (bytes)
			bytes = find_note(elf, bytes, size, owner, type, ret_size);
		if (bytes)
			return bytes;
	}
	return NULL;
}

static char *to_hex(const uint8_t *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	char *hex = malloc(size * 2 + 1);
	if (!hex)
		return NULL;
	for (size_t i = 0; i < size; i++) {
		hex[i * 2] = digits[bytes[i] >> 4];
		hex[i * 2 + 1] = digits[bytes[i] & 15];
	}
	hex[size * 2] = '\0';
	return hex;
}

const char *elf_build_id(struct elf *elf)
{
	if (!elf->build_id) {
		size_t size = 0;
		const uint8_t *id = find_note_anywhere(elf, "GNU", NT_GNU_BUILD_ID, &size);
		elf->build_id = id ? to_hex(id, size) : strdup("");
	}
	return elf->build_id ? elf->build_id : "";
}

const char *elf_go_build_id(struct elf *elf)
{
	if (!elf->go_build_id) {
		size_t size = 0;
		const uint8_t *id = find_note_anywhere(elf, "Go", NOTE_GO_BUILD_ID, &size);
		elf->go_build_id = id ? strndup((const char *)id, size) : strdup("");
	}
	return elf->go_build_id ? elf->go_build_id : "";
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/elf.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "base/cursor.h"
#include "binary/elf_private.h"
#include "binary/inflate.h"

/* Tables longer than these are damage, not programs. */
#define SECTIONS_MAX 65536
#define SEGMENTS_MAX 4096

struct headers {
	uint64_t segments_offset;
	uint64_t sections_offset;
	uint16_t segment_count;
	uint16_t segment_size;
	uint16_t section_count;
	uint16_t section_size;
	uint16_t names_index;
};

static struct cursor elf_cursor(const struct elf *elf)
{
	return cursor_make(elf->file.bytes, elf->file.size, elf->name, 0);
}

static struct error *read_header(struct elf *elf, struct headers *ret)
{
	const uint8_t *identity = elf->file.bytes;
	if (elf->file.size < EI_NIDENT || memcmp(identity, ELFMAG, SELFMAG) != 0)
		return error_new(ERROR_NOT_GO, "%s: is not an ELF file", elf->name);
	if (identity[EI_CLASS] != ELFCLASS64 || identity[EI_DATA] != ELFDATA2LSB)
		return error_new(ERROR_UNSUPPORTED, "%s: is not a 64-bit little-endian program",
				 elf->name);

	struct cursor cursor = elf_cursor(elf);
	cursor_skip(&cursor, EI_NIDENT);
	uint16_t type = cursor_u16(&cursor);
	elf->machine = (enum elf_machine)cursor_u16(&cursor);
	cursor_skip(&cursor, 4 + 8); /* version, entry */
	struct headers headers = { 0 };
	headers.segments_offset = cursor_u64(&cursor);
	headers.sections_offset = cursor_u64(&cursor);
	cursor_skip(&cursor, 4 + 2); /* flags, the header's own size */
	headers.segment_size = cursor_u16(&cursor);
	headers.segment_count = cursor_u16(&cursor);
	headers.section_size = cursor_u16(&cursor);
	headers.section_count = cursor_u16(&cursor);
	headers.names_index = cursor_u16(&cursor);
	TRY(cursor_check(&cursor));
	if (type != ET_EXEC && type != ET_DYN)
		return error_new(ERROR_UNSUPPORTED,
				 "%s: is neither an executable nor a shared object", elf->name);
	*ret = headers;
	return NULL;
}

static struct elf_segment read_segment(struct cursor *cursor)
{
	struct elf_segment segment = { 0 };
	segment.type = cursor_u32(cursor);
	segment.flags = cursor_u32(cursor);
	segment.offset = cursor_u64(cursor);
	segment.address = cursor_u64(cursor);
	cursor_skip(cursor, 8); /* physical address */
	segment.file_size = cursor_u64(cursor);
	segment.memory_size = cursor_u64(cursor);
	return segment;
}

static struct error *read_segments(struct elf *elf, const struct headers *headers)
{
	if (headers->segment_count > SEGMENTS_MAX || headers->segment_size < sizeof(Elf64_Phdr))
		return error_new(ERROR_CORRUPT, "%s: has a damaged table of segments", elf->name);

	elf->segments = calloc(MAX(headers->segment_count, 1), sizeof(*elf->segments));
	if (!elf->segments)
		return error_no_memory();
	for (size_t i = 0; i < headers->segment_count; i++) {
		struct cursor cursor = elf_cursor(elf);
		cursor_seek(&cursor, headers->segments_offset);
		cursor_skip(&cursor, (uint64_t)i * headers->segment_size);
		elf->segments[i] = read_segment(&cursor);
		TRY(cursor_check(&cursor));
	}
	elf->segment_count = headers->segment_count;
	return NULL;
}

static struct elf_section read_section(struct cursor *cursor, uint32_t *ret_name)
{
	struct elf_section section = { .name = "" };
	*ret_name = cursor_u32(cursor);
	section.type = cursor_u32(cursor);
	section.flags = cursor_u64(cursor);
	section.address = cursor_u64(cursor);
	section.offset = cursor_u64(cursor);
	section.size = cursor_u64(cursor);
	section.link = cursor_u32(cursor);
	cursor_skip(cursor, 4 + 8 + 8); /* info, alignment, size of an entry */
	return section;
}

/* Where there are more sections than the header can say, section 0 says it. */
static bool count_sections(const struct elf *elf, const struct headers *headers, size_t *ret_count,
			   size_t *ret_names)
{
	if (headers->sections_offset == 0 || headers->section_size < sizeof(Elf64_Shdr))
		return false;
	struct cursor cursor = elf_cursor(elf);
	cursor_seek(&cursor, headers->sections_offset);
	uint32_t name = 0;
	struct elf_section first = read_section(&cursor, &name);
	if (cursor.failure)
		return false;
	*ret_count = headers->section_count ? headers->section_count : first.size;
	*ret_names = headers->names_index == SHN_XINDEX ? first.link : headers->names_index;
	return *ret_count > 0 && *ret_count <= SECTIONS_MAX;
}

/* False when the names are not there. */
static bool name_sections(struct elf *elf, const uint32_t *names, size_t names_index)
{
	if (names_index >= elf->section_count)
		return false;
	const struct elf_section *strings = &elf->sections[names_index];
	const uint8_t *bytes = elf_raw_section(elf, strings);
	if (!bytes || strings->type != SHT_STRTAB)
		return false;
	for (size_t i = 0; i < elf->section_count; i++) {
		struct cursor cursor = cursor_make(bytes, strings->size, elf->name, 0);
		cursor_seek(&cursor, names[i]);
		elf->sections[i].name = cursor_string(&cursor);
	}
	return true;
}

/*
 * Sections are a help, not a need: a table that is missing or damaged, or whose names are (they
 * lie at the end of a file, mostly, which may be cut), leaves the image with its segments alone.
 */
static struct error *read_sections(struct elf *elf, const struct headers *headers)
{
	size_t count = 0, names_index = 0;
	if (elf->image || !count_sections(elf, headers, &count, &names_index))
		return NULL;

	_cleanup_(free_pointer) uint32_t *names = calloc(count, sizeof(*names));
	elf->sections = calloc(count, sizeof(*elf->sections));
	elf->inflated = calloc(count, sizeof(*elf->inflated));
	elf->inflated_size = calloc(count, sizeof(*elf->inflated_size));
	if (!names || !elf->sections || !elf->inflated || !elf->inflated_size)
		return error_no_memory();
	for (size_t i = 0; i < count; i++) {
		struct cursor cursor = elf_cursor(elf);
		cursor_seek(&cursor, headers->sections_offset);
		cursor_skip(&cursor, (uint64_t)i * headers->section_size);
		elf->sections[i] = read_section(&cursor, &names[i]);
		if (cursor.failure)
			return NULL;
	}
	elf->section_count = count;
	if (!name_sections(elf, names, names_index))
		elf->section_count = 0;
	return NULL;
}

static const struct elf_segment *first_loaded(const struct elf *elf)
{
	for (size_t i = 0; i < elf->segment_count; i++) {
		if (elf->segments[i].type == PT_LOAD)
			return &elf->segments[i];
	}
	return NULL;
}

static struct error *parse(struct elf *elf)
{
	struct headers headers = { 0 };
	TRY(read_header(elf, &headers));
	TRY(read_segments(elf, &headers));
	TRY(read_sections(elf, &headers));
	const struct elf_segment *first = first_loaded(elf);
	if (!first)
		return error_new(ERROR_CORRUPT, "%s: has no segment to load", elf->name);
	elf->image_address = first->address - first->offset;
	return NULL;
}

/* Takes over the file's bytes, in failure too. */
static struct error *open_bytes(struct file_bytes file, bool image, const char *name,
				struct elf **ret)
{
	_cleanup_(elf_cleanup) struct elf *elf = calloc(1, sizeof(*elf));
	if (!elf) {
		file_bytes_deinit(&file);
		return error_no_memory();
	}
	elf->file = file;
	elf->image = image;
	elf->name = strdup(name);
	if (!elf->name)
		return error_no_memory();
	TRY(parse(elf));
	*ret = TAKE_PTR(elf);
	return NULL;
}

struct error *elf_open(int descriptor, const char *name, struct elf **ret)
{
	struct file_bytes file = { 0 };
	TRY(file_map(descriptor, name, &file));
	return open_bytes(file, false, name, ret);
}

struct error *elf_open_image(uint8_t *bytes, size_t size, const char *name, struct elf **ret)
{
	return open_bytes((struct file_bytes){ .bytes = bytes, .size = size }, true, name, ret);
}

void elf_destroy(struct elf *elf)
{
	if (!elf)
		return;
	for (size_t i = 0; elf->inflated && i < elf->section_count; i++)
		free(elf->inflated[i]);
	free(elf->inflated);
	free(elf->inflated_size);
	free(elf->sections);
	free(elf->segments);
	free(elf->build_id);
	free(elf->go_build_id);
	file_bytes_deinit(&elf->file);
	free(elf->name);
	free(elf);
}

const char *elf_name(const struct elf *elf)
{
	return elf->name;
}

enum elf_machine elf_machine(const struct elf *elf)
{
	return elf->machine;
}

bool elf_is_image(const struct elf *elf)
{
	return elf->image;
}

const struct elf_section *elf_sections(const struct elf *elf, size_t *ret_count)
{
	*ret_count = elf->section_count;
	return elf->sections;
}

const struct elf_segment *elf_segments(const struct elf *elf, size_t *ret_count)
{
	*ret_count = elf->segment_count;
	return elf->segments;
}

const struct elf_section *elf_find_section(const struct elf *elf, const char *name)
{
	for (size_t i = 0; i < elf->section_count; i++) {
		if (strcmp(elf->sections[i].name, name) == 0)
			return &elf->sections[i];
	}
	return NULL;
}

const uint8_t *elf_raw_section(const struct elf *elf, const struct elf_section *section)
{
	if (section->type == SHT_NOBITS || section->offset > elf->file.size ||
	    section->size > elf->file.size - section->offset)
		return NULL;
	return elf->file.bytes + section->offset;
}

static struct error *inflate_section(struct elf *elf, const struct elf_section *section,
				     const uint8_t *bytes, size_t index)
{
	struct cursor cursor = cursor_make(bytes, (size_t)section->size, elf->name,
					   section->offset);
	enum inflate_format format = (enum inflate_format)cursor_u32(&cursor);
	cursor_skip(&cursor, 4); /* reserved */
	uint64_t size = cursor_u64(&cursor);
	cursor_skip(&cursor, 8); /* alignment */
	TRY(cursor_check(&cursor));
	uint8_t *inflated = NULL;
	struct error *error = inflate_block(format, cursor.position, cursor_left(&cursor), size,
					    section->name, &inflated);
	if (error)
		return error_wrap(error, "%s", elf->name);
	elf->inflated[index] = inflated;
	elf->inflated_size[index] = (size_t)size;
	return NULL;
}

struct error *elf_section_bytes(struct elf *elf, const struct elf_section *section,
				const uint8_t **ret, size_t *ret_size)
{
	const uint8_t *bytes = elf_raw_section(elf, section);
	if (!bytes)
		return error_new(ERROR_CORRUPT, "%s: has no bytes for section %s", elf->name,
				 section->name);
	if (!(section->flags & SHF_COMPRESSED)) {
		*ret = bytes;
		*ret_size = (size_t)section->size;
		return NULL;
	}
	size_t index = (size_t)(section - elf->sections);
	if (!elf->inflated[index])
		TRY(inflate_section(elf, section, bytes, index));
	*ret = elf->inflated[index];
	*ret_size = elf->inflated_size[index];
	return NULL;
}

/* Where in the bytes an address lies, and how many of its segment follow; false when nowhere. */
static bool locate(const struct elf *elf, uint64_t address, size_t *ret_offset, size_t *ret_left)
{
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *segment = &elf->segments[i];
		uint64_t inside = address - segment->address;
		uint64_t size = elf->image ? segment->memory_size : segment->file_size;
		if (segment->type != PT_LOAD || address < segment->address || inside >= size)
			continue;
		uint64_t start = elf->image ? segment->address - elf->image_address
					    : segment->offset;
		if (start > elf->file.size || inside >= elf->file.size - start)
			continue;
		*ret_offset = (size_t)(start + inside);
		*ret_left = (size_t)MIN(size - inside, elf->file.size - (start + inside));
		return true;
	}
	return false;
}

const uint8_t *elf_bytes_at(const struct elf *elf, uint64_t address, size_t size)
{
	size_t offset = 0, left = 0;
	if (!locate(elf, address, &offset, &left) || size > left)
		return NULL;
	return elf->file.bytes + offset;
}

size_t elf_bytes_left(const struct elf *elf, uint64_t address)
{
	size_t offset = 0, left = 0;
	return locate(elf, address, &offset, &left) ? left : 0;
}

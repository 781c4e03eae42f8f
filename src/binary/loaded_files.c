/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "binary/module_private.h"

/*
 * The dynamic linker and the kernel map the first loadable segment with the ELF header at its
 * head. So a mapping of a file's beginning, whose memory begins with the header, is where a file
 * was loaded, if its code lies where the segments say: a program that maps a file only to read it
 * has no code there.
 */
#define PAGE_MASK ((uint64_t)4095)

struct mappings {
	const struct target_mapping *items;
	size_t count;
};

/* Sections that only Go's linker makes; what has sections but none of these is no Go. */
static bool may_be_go(const struct elf *elf)
{
	static const char *const names[] = {
		".gopclntab",
		".go.buildinfo",
		".note.go.buildid",
		".data.rel.ro.gopclntab",
	};
	size_t count = 0;
	elf_sections(elf, &count);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (elf_find_section(elf, names[i]))
			return true;
	}
	return count == 0;
}

static bool is_executable_at(const struct mappings *mappings, uint64_t address)
{
	size_t low = 0, high = mappings->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct target_mapping *mapping = &mappings->items[middle];
		if (address < mapping->start)
			high = middle;
		else if (address >= mapping->end)
			low = middle + 1;
		else
			return mapping->executable;
	}
	return false;
}

/* True when a mapping of the file's beginning at `start` is where the file was loaded. */
static bool is_loaded_at(const struct elf *elf, const struct mappings *mappings, uint64_t start,
			 uint64_t *ret_bias)
{
	size_t count = 0;
	const struct elf_segment *segments = elf_segments(elf, &count);
	const struct elf_segment *first = NULL;
	for (size_t i = 0; i < count; i++) {
		if (segments[i].type != PT_LOAD)
			continue;
		if (!first) {
			first = &segments[i];
			if (first->offset & ~PAGE_MASK)
				return false;
		}
		uint64_t bias = start - (first->address & ~PAGE_MASK);
		if ((segments[i].flags & PF_X) &&
		    is_executable_at(mappings, segments[i].address + bias)) {
			*ret_bias = bias;
			return true;
		}
	}
	return false;
}

static struct error *open_file(struct target *target, const struct target_mapping *mapping,
			       struct elf **ret)
{
	_cleanup_(close_descriptor) int descriptor = -1;
	TRY(target_open_file(target, mapping, &descriptor));
	return elf_open(descriptor, mapping->path, ret);
}

static struct error *open_loaded(struct target *target, const struct target_mapping *mapping,
				 struct elf **ret)
{
	if (mapping->inode && error_ignore(open_file(target, mapping, ret)))
		return NULL;
	const char *name = mapping->path[0] ? mapping->path : "image in memory";
	return loaded_image_read(target, mapping->start, name, ret);
}

/* A file that cannot be read is passed over: the process may have others. */
static struct error *add_if_go(struct target *target, const struct mappings *mappings,
			       const struct target_mapping *mapping, struct loaded_file_vector *ret)
{
	_cleanup_(elf_cleanup) struct elf *elf = NULL;
	struct loaded_file file = { 0 };
	if (!error_ignore(open_loaded(target, mapping, &elf)) || !may_be_go(elf) ||
	    !is_loaded_at(elf, mappings, mapping->start, &file.bias))
		return NULL;
	file.elf = elf;
	TRY(loaded_file_vector_append(ret, &file));
	elf = NULL;
	return NULL;
}

static bool is_wanted(const struct target_mapping *mapping, bool anonymous)
{
	if (!mapping->readable || mapping->end - mapping->start < PAGE_MASK)
		return false;
	if (anonymous)
		return mapping->inode == 0 && mapping->path[0] != '[';
	return mapping->inode != 0 && mapping->offset == 0;
}

/* Which of the wanted mappings begin with an ELF header: one batch of reads. */
static struct error *find_headers(struct target *target, const struct mappings *mappings,
				  bool anonymous, struct loaded_file_vector *ret)
{
	size_t size = MAX(mappings->count, 1);
	_cleanup_(free_pointer) struct target_range *ranges = calloc(size, sizeof(*ranges));
	_cleanup_(free_pointer) uint32_t *words = calloc(size, sizeof(*words));
	_cleanup_(free_pointer) size_t *indices = calloc(size, sizeof(*indices));
	if (!ranges || !words || !indices)
		return error_no_memory();
	size_t count = 0;
	for (size_t i = 0; i < mappings->count; i++) {
		if (!is_wanted(&mappings->items[i], anonymous))
			continue;
		indices[count] = i;
		ranges[count] = (struct target_range){
			.address = mappings->items[i].start,
			.length = sizeof(*words),
			.into = &words[count],
		};
		count++;
	}
	TRY(target_read_ranges(target, ranges, count));
	for (size_t i = 0; i < count; i++) {
		if (ranges[i].done && memcmp(&words[i], ELFMAG, SELFMAG) == 0)
			TRY(add_if_go(target, mappings, &mappings->items[indices[i]], ret));
	}
	return NULL;
}

struct error *loaded_files_find(struct target *target, struct loaded_file_vector *ret)
{
	struct mappings mappings = { 0 };
	TRY(target_mappings(target, &mappings.items, &mappings.count));
	struct loaded_file_vector files = { 0 };
	struct error *error = find_headers(target, &mappings, false, &files);
	/* An executable that unpacked itself has no file behind it. */
	if (!error && files.count == 0)
		error = find_headers(target, &mappings, true, &files);
	if (error) {
		loaded_files_deinit(&files);
		return error;
	}
	*ret = files;
	return NULL;
}

void loaded_files_deinit(struct loaded_file_vector *files)
{
	for (size_t i = 0; i < files->count; i++)
		elf_destroy(files->items[i].elf);
	loaded_file_vector_deinit(files);
}

/* More than any executable has been seen to need. */
#define IMAGE_MAX    ((uint64_t)2 << 30)
#define HEADERS_SIZE ((size_t)4096)
#define PIECE_SIZE   ((size_t)1 << 20)

/* The segments alone, out of the first page. */
static struct error *read_segments(struct target *target, uint64_t start, const char *name,
				   struct elf **ret)
{
	_cleanup_(free_pointer) uint8_t *page = calloc(1, HEADERS_SIZE);
	if (!page)
		return error_no_memory();
	TRY(target_read(target, start, page, HEADERS_SIZE));
	return elf_open_image(TAKE_PTR(page), HEADERS_SIZE, name, ret);
}

/* What was written in the file, without the zeroes behind it. */
static uint64_t image_size(const struct elf_segment *segments, size_t count, uint64_t base)
{
	uint64_t size = 0;
	for (size_t i = 0; i < count; i++) {
		const struct elf_segment *segment = &segments[i];
		uint64_t at = segment->address - base;
		if (segment->type != PT_LOAD)
			continue;
		if (at > IMAGE_MAX || segment->file_size > IMAGE_MAX)
			return 0;
		size = MAX(size, at + segment->file_size);
	}
	return size <= IMAGE_MAX ? size : 0;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	return !size || (!bytes[0] && !memcmp(bytes, bytes + 1, size - 1));
}

static struct error *read_piece(struct target *target, uint64_t address, uint8_t *into, size_t size,
				bool *ret_done)
{
	struct target_range range = { .address = address, .length = size, .into = into };
	TRY(target_read_ranges(target, &range, 1));
	*ret_done = range.done;
	/* Memory that nobody has touched yet need not be made of zeroes: it would be taken then. */
	if (!range.done && !is_zero(into, size))
		memset(into, 0, size);
	return NULL;
}

/* Pages that cannot be read stay zero. */
static struct error *read_segment(struct target *target, uint64_t address, uint8_t *into,
				  uint64_t size)
{
	for (uint64_t at = 0; at < size;) {
		size_t piece = (size_t)MIN(size - at, PIECE_SIZE - ((address + at) & PAGE_MASK));
		bool done = false;
		TRY(read_piece(target, address + at, into + at, piece, &done));
		for (size_t page = 0; !done && page < piece;) {
			bool page_done;
			size_t some = MIN(piece - page,
					  HEADERS_SIZE - ((address + at + page) & PAGE_MASK));
			TRY(read_piece(target, address + at + page, into + at + page, some,
				       &page_done));
			page += some;
		}
		at += piece;
	}
	return NULL;
}

struct error *loaded_image_read(struct target *target, uint64_t start, const char *name,
				struct elf **ret)
{
	_cleanup_(elf_cleanup) struct elf *headers = NULL;
	TRY(read_segments(target, start, name, &headers));
	size_t count = 0;
	const struct elf_segment *segments = elf_segments(headers, &count);
	uint64_t base = 0;
	for (size_t i = count; i-- > 0;) {
		if (segments[i].type == PT_LOAD)
			base = segments[i].address - segments[i].offset;
	}
	uint64_t size = image_size(segments, count, base);
	if (size < HEADERS_SIZE)
		return error_new(ERROR_CORRUPT, "%s: has damaged segments at 0x%" PRIx64, name,
				 start);

	_cleanup_(free_pointer) uint8_t *bytes = calloc(1, (size_t)size);
	if (!bytes)
		return error_no_memory();
	for (size_t i = 0; i < count; i++) {
		uint64_t at = segments[i].address - base;
		if (segments[i].type == PT_LOAD)
			TRY(read_segment(target, start + at, bytes + at, segments[i].file_size));
	}
	return elf_open_image(TAKE_PTR(bytes), (size_t)size, name, ret);
}

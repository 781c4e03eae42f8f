/* SPDX-License-Identifier: Apache-2.0 */
#include "target/core_writer.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/vector.h"
#include "target/core_writer_notes.h"
#include "target/machine.h"

/*
 *	ELF header
 *	program headers		one for the notes, one for each mapping
 *	[section header]	the only one, when 65,535 mappings do not fit the ELF header's count
 *	notes			of each thread its registers; of the process what /proc says
 *	memory			each mapping from a page on, as far as something of it is wanted
 *
 * The first page of each ELF file is in it in any case: it tells which build of the file it was.
 */
#define PAGE  ((uint64_t)4096)
#define CHUNK ((size_t)1 << 20)

DEFINE_VECTOR(program_header_vector, Elf64_Phdr);

struct core {
	const struct core_source *source;
	const struct core_sink *sink;
	uint64_t position;
	uint8_t *chunk;
	struct writer notes;
	struct program_header_vector headers;
	struct u64_vector file_heads; /* addresses, in rising order */
	struct core_written written;
};

static void core_deinit(struct core *core)
{
	writer_deinit(&core->notes);
	program_header_vector_deinit(&core->headers);
	u64_vector_deinit(&core->file_heads);
	free(core->chunk);
}

static uint64_t page_up(uint64_t value)
{
	return (value + PAGE - 1) & ~(PAGE - 1);
}

/* The index of the first extent that ends behind the address. */
static size_t extent_find(const struct target_extent *extents, size_t count, uint64_t address)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (extents[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The head of an ELF file, as the kernel keeps it; of other files no byte is anybody's business. */
static bool is_file_head(const struct core_source *source, const struct target_mapping *mapping)
{
	unsigned char magic[SELFMAG];
	return mapping->inode && !mapping->offset && mapping->readable && !mapping->shared &&
	       error_ignore(target_read(source->target, mapping->start, magic, sizeof(magic))) &&
	       memcmp(magic, ELFMAG, SELFMAG) == 0;
}

/* Where the last byte of a mapping that is in an extent ends, which is not before `end`. */
static uint64_t extents_end(const struct target_extent *extents, size_t count,
			    const struct target_mapping *mapping, uint64_t end)
{
	size_t behind = extent_find(extents, count, mapping->end - 1);
	if (behind < count && extents[behind].start < mapping->end)
		return mapping->end;
	if (!behind || extents[behind - 1].end <= mapping->start)
		return end;
	return MAX(end, page_up(extents[behind - 1].end));
}

static uint64_t wanted_end(const struct core_source *source, const struct target_mapping *mapping,
			   uint64_t end)
{
	end = extents_end(source->extents, source->extent_count, mapping, end);
	return extents_end(source->claimed, source->claimed_count, mapping, end);
}

/* Old systems' page of calls, which is in nobody's memory. */
static bool is_kernels(const struct target_mapping *mapping)
{
	return mapping->start >= (uint64_t)1 << 63;
}

static struct error *make_headers(struct core *core, const struct target_mapping *mappings,
				  size_t count)
{
	Elf64_Phdr notes = { .p_type = PT_NOTE, .p_align = 4 };
	TRY(program_header_vector_append(&core->headers, &notes));
	for (size_t i = 0; i < count; i++) {
		const struct target_mapping *mapping = &mappings[i];
		if (is_kernels(mapping))
			continue;
		bool head = is_file_head(core->source, mapping);
		uint64_t end = wanted_end(core->source, mapping,
					  mapping->start + (head ? PAGE : 0));
		Elf64_Phdr header = {
			.p_type = PT_LOAD,
			.p_flags = (mapping->readable ? PF_R : 0u) |
				   (mapping->writable ? PF_W : 0u) |
				   (mapping->executable ? PF_X : 0u),
			.p_vaddr = mapping->start,
			.p_memsz = mapping->end - mapping->start,
			.p_filesz = end - mapping->start,
			.p_align = PAGE,
		};
		TRY(program_header_vector_append(&core->headers, &header));
		if (head)
			TRY(u64_vector_append(&core->file_heads, &mapping->start));
	}
	return NULL;
}

static bool is_counted_apart(const struct core *core)
{
	return core->headers.count >= PN_XNUM;
}

/* Give everything its place in the file; returns how long that will be. */
static uint64_t place_headers(struct core *core)
{
	uint64_t offset = sizeof(Elf64_Ehdr) + core->headers.count * sizeof(Elf64_Phdr);
	if (is_counted_apart(core))
		offset += sizeof(Elf64_Shdr);
	core->headers.items[0].p_offset = offset;
	core->headers.items[0].p_filesz = core->notes.length;
	offset = page_up(offset + core->notes.length);
	for (size_t i = 1; i < core->headers.count; i++) {
		core->headers.items[i].p_offset = offset;
		offset += core->headers.items[i].p_filesz;
	}
	return offset;
}

static struct error *put_into_file(const struct core_sink *sink, const void *bytes, size_t size)
{
	for (const char *at = bytes; size;) {
		ssize_t written = write(sink->descriptor, at, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return error_os(written ? errno : EIO, "cannot write to %s", sink->name);
		at += written;
		size -= (size_t)written;
	}
	return NULL;
}

static struct error *put(struct core *core, const void *bytes, size_t size)
{
	const struct core_sink *sink = core->sink;
	core->position += size;
	return sink->descriptor < 0 ? sink->write(sink->argument, bytes, size)
				    : put_into_file(sink, bytes, size);
}

/* A hole, or zeroes where there can be none. */
static struct error *skip_to(struct core *core, uint64_t position)
{
	static const uint8_t zeroes[65536];
	if (core->sink->descriptor >= 0 && position > core->position) {
		if (lseek(core->sink->descriptor, (off_t)(position - core->position), SEEK_CUR) < 0)
			return error_os(errno, "cannot write to %s", core->sink->name);
		core->position = position;
	}
	while (core->position < position) {
		size_t size = MIN(sizeof(zeroes), (size_t)(position - core->position));
		TRY(put(core, zeroes, size));
	}
	return NULL;
}

static struct error *put_headers(struct core *core)
{
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT, ELFOSABI_NONE },
		.e_type = ET_CORE,
		.e_machine = machine_elf,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(header),
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (Elf64_Half)core->headers.count,
	};
	/* What the first section header is for when there are too many to count in 16 bits. */
	Elf64_Shdr count = { .sh_info = (Elf64_Word)core->headers.count, .sh_size = 1 };
	size_t size = core->headers.count * sizeof(Elf64_Phdr);
	if (is_counted_apart(core)) {
		header.e_phnum = PN_XNUM;
		header.e_shoff = sizeof(header) + size;
		header.e_shentsize = sizeof(count);
		header.e_shnum = 1;
	}
	TRY(put(core, &header, sizeof(header)));
	TRY(put(core, core->headers.items, size));
	if (is_counted_apart(core))
		TRY(put(core, &count, sizeof(count)));
	return put(core, core->notes.bytes, core->notes.length);
}

/* Page by page, because one of a chunk's was not to be had: it stays zero. */
static struct error *read_pages(struct core *core, uint64_t address, size_t size)
{
	for (size_t at = 0; at < size;) {
		size_t length = MIN(size - at, (size_t)(PAGE - (address + at) % PAGE));
		struct target_range range = { address + at, length, core->chunk + at, false };
		TRY(target_read_ranges(core->source->target, &range, 1));
		if (!range.done) {
			memset(core->chunk + at, 0, length);
			core->written.missing += length;
		}
		at += length;
	}
	return NULL;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* Write a chunk, without the pages that hold nothing. */
static struct error *put_chunk(struct core *core, uint64_t position, size_t size)
{
	for (size_t at = 0; at < size;) {
		size_t from = at;
		while (at < size && !is_zero(core->chunk + at, MIN((size_t)PAGE, size - at)))
			at += MIN((size_t)PAGE, size - at);
		if (at > from) {
			TRY(skip_to(core, position + from));
			TRY(put(core, core->chunk + from, at - from));
		}
		while (at < size && is_zero(core->chunk + at, MIN((size_t)PAGE, size - at)))
			at += MIN((size_t)PAGE, size - at);
	}
	return NULL;
}

static struct error *put_extent(struct core *core, const Elf64_Phdr *header, uint64_t start,
				uint64_t end)
{
	while (start < end) {
		size_t size = MIN(CHUNK, (size_t)(end - start));
		struct target_range range = { start, size, core->chunk, false };
		TRY(target_read_ranges(core->source->target, &range, 1));
		if (!range.done)
			TRY(read_pages(core, start, size));
		TRY(put_chunk(core, header->p_offset + (start - header->p_vaddr), size));
		core->written.bytes += size;
		start += size;
		if (core->source->check)
			TRY(core->source->check(core->source->argument));
	}
	return NULL;
}

/* What is wanted of a mapping, from an address on. */
static struct error *put_wanted(struct core *core, const Elf64_Phdr *header, uint64_t from)
{
	const struct core_source *source = core->source;
	uint64_t end = header->p_vaddr + header->p_filesz;
	for (size_t i = extent_find(source->extents, source->extent_count, from);
	     i < source->extent_count && source->extents[i].start < end; i++)
		TRY(put_extent(core, header, MAX(source->extents[i].start, from),
			       MIN(source->extents[i].end, end)));
	return NULL;
}

static struct error *put_memory(struct core *core)
{
	size_t next_head = 0;
	for (size_t i = 1; i < core->headers.count; i++) {
		const Elf64_Phdr *header = &core->headers.items[i];
		uint64_t from = header->p_vaddr;
		if (next_head < core->file_heads.count &&
		    core->file_heads.items[next_head] == from) {
			next_head++;
			TRY(put_extent(core, header, from, from + PAGE));
			from += PAGE;
		}
		TRY(put_wanted(core, header, from));
	}
	return NULL;
}

/* A hole at the end would be none: the last byte is written. */
static struct error *finish(struct core *core, uint64_t size)
{
	if (core->position < size) {
		TRY(skip_to(core, size - 1));
		TRY(put(core, "", 1));
	}
	core->written.size = size;
	return NULL;
}

struct error *core_write(const struct core_source *source, const struct core_sink *sink,
			 struct core_written *ret)
{
	_cleanup_(core_deinit) struct core core = {
		.source = source,
		.sink = sink,
		.notes = WRITER_TO_MEMORY,
		.chunk = malloc(CHUNK),
	};
	const struct target_mapping *mappings;
	size_t count;

	if (!core.chunk)
		return error_no_memory();
	TRY(target_mappings(source->target, &mappings, &count));
	TRY(core_notes_make(source, mappings, count, &core.notes, &core.written.threads_apart));
	TRY(make_headers(&core, mappings, count));
	uint64_t size = place_headers(&core);
	TRY(put_headers(&core));
	TRY(put_memory(&core));
	TRY(finish(&core, size));
	*ret = core.written;
	return NULL;
}

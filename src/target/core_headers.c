/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "base/cursor.h"
#include "target/core_private.h"

/* The kernel allows a process 65,530 mappings unless told otherwise; this is for the others. */
#define HEADERS_MAX    ((uint64_t)1 << 22)
#define HEADERS_A_READ 512

static const char *machine_name(uint16_t machine)
{
	switch (machine) {
	case EM_386:
		return "32-bit x86";
	case EM_AARCH64:
		return "arm64";
	case EM_ARM:
		return "32-bit arm";
	case EM_PPC64:
		return "ppc64";
	case EM_S390:
		return "s390x";
	case EM_RISCV:
		return "riscv64";
	default:
		return "another machine";
	}
}

bool core_is(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	if (size < EI_NIDENT + 2 || memcmp(at, ELFMAG, SELFMAG) != 0)
		return false;
	return at[EI_DATA] == ELFDATA2MSB ? at[EI_NIDENT + 1] == ET_CORE : at[EI_NIDENT] == ET_CORE;
}

static struct error *check_header(const char *name, const uint8_t *bytes, uint16_t machine)
{
	if (!core_is(bytes, sizeof(Elf64_Ehdr)))
		return error_new(ERROR_UNSUPPORTED, "%s: this is no core file", name);
	if (bytes[EI_DATA] != ELFDATA2LSB)
		return error_new(ERROR_UNSUPPORTED,
				 "%s: a core of a big-endian machine; dowse reads amd64's", name);
	if (machine != EM_X86_64 || bytes[EI_CLASS] != ELFCLASS64)
		return error_new(ERROR_UNSUPPORTED, "%s: a core of %s; dowse reads amd64's", name,
				 bytes[EI_CLASS] == ELFCLASS32 ? "a 32-bit program"
							       : machine_name(machine));
	return NULL;
}

/*
 * More headers than e_phnum can hold are counted in the first section header. The kernel writes
 * that one last, so a core that was cut has lost it: then the first segment, which is the notes',
 * begins where the headers end.
 */
static struct error *count_extended(const struct core *core, uint64_t table, uint64_t sections,
				    uint64_t *ret)
{
	Elf64_Shdr section;
	Elf64_Phdr first;
	if (sections && core_read_file(core->descriptor, sections, &section, sizeof(section)) &&
	    section.sh_info >= PN_XNUM) {
		*ret = section.sh_info;
		return NULL;
	}
	if (core_read_file(core->descriptor, table, &first, sizeof(first)) &&
	    first.p_offset > table) {
		*ret = (first.p_offset - table) / sizeof(first);
		return NULL;
	}
	return error_new(ERROR_CORRUPT,
			 "%s: how many segments it has was lost (offset 0x%" PRIx64 ")",
			 core->facts.path, sections);
}

static struct error *add_load(struct core *core, const Elf64_Phdr *header)
{
	struct core_segment segment = {
		.start = header->p_vaddr,
		.offset = header->p_offset,
		.flags = header->p_flags,
	};
	uint64_t size = MAX(header->p_memsz, header->p_filesz);
	/* Somebody's lie, or the last page of all: no address lies behind the last one. */
	if (__builtin_add_overflow(segment.start, size, &segment.end))
		segment.end = UINT64_MAX;
	size = segment.end - segment.start;
	if (!size)
		return NULL;
	uint64_t claimed = MIN(header->p_filesz, size);
	uint64_t left = header->p_offset < core->facts.file_size
				? core->facts.file_size - header->p_offset
				: 0;
	segment.size = MIN(claimed, left);
	if (segment.size < claimed) {
		core->facts.cut += claimed - segment.size;
		core->facts.cut_segments++;
	}
	return core_segment_vector_append(&core->segments, &segment);
}

static struct error *add_header(struct core *core, const Elf64_Phdr *header)
{
	if (header->p_type == PT_LOAD)
		return add_load(core, header);
	if (header->p_type != PT_NOTE || !header->p_filesz)
		return NULL;
	struct core_region region = { header->p_offset, header->p_filesz };
	return core_region_vector_append(&core->notes, &region);
}

static struct error *read_table(struct core *core, uint64_t table, uint64_t count)
{
	Elf64_Phdr headers[HEADERS_A_READ];
	uint64_t fit = table < core->facts.file_size
			       ? (core->facts.file_size - table) / sizeof(*headers)
			       : 0;
	if (count > fit)
		return error_new(ERROR_CORRUPT,
				 "%s: the file ends at offset 0x%" PRIx64 ", within its %" PRIu64
				 " program headers",
				 core->facts.path, core->facts.file_size, count);
	for (uint64_t from = 0; from < count; from += HEADERS_A_READ) {
		size_t some = (size_t)MIN(count - from, (uint64_t)HEADERS_A_READ);
		uint64_t offset = table + from * sizeof(*headers);
		if (!core_read_file(core->descriptor, offset, headers, some * sizeof(*headers)))
			return error_new(ERROR_CORRUPT,
					 "%s: cannot read the program headers at offset 0x%" PRIx64,
					 core->facts.path, offset);
		for (size_t i = 0; i < some; i++)
			TRY(add_header(core, &headers[i]));
	}
	return NULL;
}

struct error *core_headers_read(struct core *core)
{
	const char *name = core->facts.path;
	uint8_t bytes[sizeof(Elf64_Ehdr)];
	if (!core_read_file(core->descriptor, 0, bytes, sizeof(bytes)))
		return error_new(ERROR_CORRUPT,
				 "%s: the file ends at offset 0x%" PRIx64 ", within its ELF header",
				 name, core->facts.file_size);
	struct cursor cursor = cursor_make(bytes, sizeof(bytes), name, 0);
	cursor_skip(&cursor, EI_NIDENT + 2);
	uint16_t machine = cursor_u16(&cursor);
	cursor_skip(&cursor, 4 + 8); /* version, entry */
	uint64_t table = cursor_u64(&cursor);
	uint64_t sections = cursor_u64(&cursor);
	cursor_skip(&cursor, 4 + 2); /* flags, size of this header */
	uint16_t size = cursor_u16(&cursor);
	uint64_t count = cursor_u16(&cursor);
	TRY(cursor_check(&cursor));
	TRY(check_header(name, bytes, machine));
	if (size != sizeof(Elf64_Phdr) && count)
		return error_new(ERROR_CORRUPT, "%s: program headers of %u bytes at offset 0x36",
				 name, size);
	if (count == PN_XNUM)
		TRY(count_extended(core, table, sections, &count));
	if (count > HEADERS_MAX)
		return error_new(ERROR_LIMIT, "%s: %" PRIu64 " segments are more than dowse reads",
				 name, count);
	TRY(read_table(core, table, count));
	if (!core->segments.count)
		return error_new(ERROR_CORRUPT, "%s: the core has no memory in it", name);
	return NULL;
}

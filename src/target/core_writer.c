/* SPDX-License-Identifier: Apache-2.0 */
#include "target/core_writer.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/file.h"
#include "base/vector.h"
#include "base/writer.h"
#include "target/machine.h"
#include "target/procfs.h"

/*
 *	ELF header
 *	program headers		one for the notes, one for each mapping
 *	[section header]	the only one, when 65,535 mappings do not fit the ELF header's count
 *	notes			of each thread its registers; of the process what /proc says
 *	memory			each mapping from a page on, as far as something of it is wanted
 */
#define PAGE       ((uint64_t)4096)
#define CHUNK      ((size_t)1 << 20)
#define NOTE_NAME  "CORE"
#define LINUX_NAME "LINUX"
#define AUXV_MAX   ((size_t)64 << 10)

DEFINE_VECTOR(program_header_vector, Elf64_Phdr);

struct core {
	const struct core_source *source;
	int descriptor;
	const char *name;
	bool seekable;
	uint64_t position;
	uint8_t *chunk;
	struct writer notes;
	struct program_header_vector headers;
	struct core_written written;
};

static void core_deinit(struct core *core)
{
	writer_deinit(&core->notes);
	program_header_vector_deinit(&core->headers);
	free(core->chunk);
}

static uint64_t page_up(uint64_t value)
{
	return (value + PAGE - 1) & ~(PAGE - 1);
}

static void align_note(struct writer *notes)
{
	while (notes->length % 4)
		writer_char(notes, 0);
}

static void note_begin(struct core *core, const char *owner, uint32_t type, size_t size)
{
	Elf64_Nhdr header = {
		.n_namesz = (Elf64_Word)strlen(owner) + 1,
		.n_descsz = (Elf64_Word)size,
		.n_type = type,
	};
	writer_bytes(&core->notes, &header, sizeof(header));
	writer_bytes(&core->notes, owner, header.n_namesz);
	align_note(&core->notes);
}

static void note(struct core *core, const char *owner, uint32_t type, const void *bytes,
		 size_t size)
{
	note_begin(core, owner, type, size);
	writer_bytes(&core->notes, bytes, size);
	align_note(&core->notes);
}

static void note_status(struct core *core, const struct target_thread *thread)
{
	struct elf_prstatus status = {
		.pr_pid = thread->namespace_id,
		.pr_fpvalid = thread->sets.extended_size > 0,
	};
	memcpy(&status.pr_reg, thread->sets.general,
	       MIN(thread->sets.general_size, sizeof(status.pr_reg)));
	note(core, NOTE_NAME, NT_PRSTATUS, &status, sizeof(status));
}

static void note_vectors(struct core *core, const struct target_thread *thread)
{
	const struct target_register_sets *sets = &thread->sets;
	if (sets->extended_size < sizeof(elf_fpregset_t))
		return;
	note(core, NOTE_NAME, NT_PRFPREG, sets->extended, sizeof(elf_fpregset_t));
	note(core, LINUX_NAME, NT_X86_XSTATE, sets->extended, sets->extended_size);
}

static void note_process(struct core *core)
{
	struct elf_prpsinfo info = { .pr_sname = 'R' };
	_cleanup_(free_pointer) char *command = NULL;
	struct process_facts facts;

	info.pr_pid = core->source->pid;
	if (core->source->pid && error_ignore(process_facts_read(core->source->pid, &facts))) {
		info.pr_pid = facts.inner_pid;
		info.pr_ppid = facts.parent;
		info.pr_uid = facts.uid;
		memcpy(info.pr_fname, facts.name, strnlen(facts.name, sizeof(info.pr_fname) - 1));
	}
	if (core->source->pid && error_ignore(process_command_line(
					 core->source->pid, sizeof(info.pr_psargs) - 1, &command)))
		snprintf(info.pr_psargs, sizeof(info.pr_psargs), "%s", command);
	note(core, NOTE_NAME, NT_PRPSINFO, &info, sizeof(info));
}

static void note_auxiliary(struct core *core)
{
	_cleanup_(file_bytes_deinit) struct file_bytes vector = { 0 };
	char path[48];
	snprintf(path, sizeof(path), "/proc/%d/auxv", core->source->pid);
	if (core->source->pid && error_ignore(file_read(path, AUXV_MAX, &vector)) && vector.size)
		note(core, NOTE_NAME, NT_AUXV, vector.bytes, vector.size);
}

/* Which file lies behind which mapping. */
static void note_files(struct core *core, const struct target_mapping *mappings, size_t count)
{
	_cleanup_(writer_deinit) struct writer names = WRITER_TO_MEMORY;
	_cleanup_(writer_deinit) struct writer places = WRITER_TO_MEMORY;
	uint64_t files = 0;

	for (size_t i = 0; i < count; i++) {
		const struct target_mapping *mapping = &mappings[i];
		if (!mapping->inode || !mapping->path[0])
			continue;
		uint64_t place[3] = { mapping->start, mapping->end, mapping->offset / PAGE };
		writer_bytes(&places, place, sizeof(place));
		writer_bytes(&names, mapping->path, strlen(mapping->path) + 1);
		files++;
	}
	uint64_t head[2] = { files, PAGE };
	if (!files || places.os_error || names.os_error)
		return;
	note_begin(core, NOTE_NAME, NT_FILE, sizeof(head) + places.length + names.length);
	writer_bytes(&core->notes, head, sizeof(head));
	writer_bytes(&core->notes, places.bytes, places.length);
	writer_bytes(&core->notes, names.bytes, names.length);
	align_note(&core->notes);
}

/* The process's own notes stand behind the status of its first thread: there they are looked for. */
static struct error *make_notes(struct core *core, const struct target_mapping *mappings,
				size_t mapping_count)
{
	size_t count;
	const struct target_thread *threads = target_threads(core->source->target, &count);
	bool first = true;

	for (size_t i = 0; i < count; i++) {
		if (!threads[i].sets.general) {
			core->written.threads_apart++;
			continue;
		}
		note_status(core, &threads[i]);
		if (first) {
			note_process(core);
			note_auxiliary(core);
			note_files(core, mappings, mapping_count);
			first = false;
		}
		note_vectors(core, &threads[i]);
	}
	if (first)
		return error_new(ERROR_UNSUPPORTED,
				 "%s: no thread's registers are known, and a core begins with them",
				 target_name(core->source->target));
	return core->notes.os_error ? error_no_memory() : NULL;
}

/* The index of the first extent that ends behind the address. */
static size_t extent_find(const struct core_source *source, uint64_t address)
{
	size_t low = 0, high = source->extent_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (source->extents[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where the last wanted byte of a mapping ends; its start when nothing of it is wanted. */
static uint64_t wanted_end(const struct core_source *source, const struct target_mapping *mapping)
{
	size_t behind = extent_find(source, mapping->end - 1);
	if (behind < source->extent_count && source->extents[behind].start < mapping->end)
		return mapping->end;
	if (!behind || source->extents[behind - 1].end <= mapping->start)
		return mapping->start;
	return page_up(source->extents[behind - 1].end);
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
		Elf64_Phdr header = {
			.p_type = PT_LOAD,
			.p_flags = (mapping->readable ? PF_R : 0u) |
				   (mapping->writable ? PF_W : 0u) |
				   (mapping->executable ? PF_X : 0u),
			.p_vaddr = mapping->start,
			.p_memsz = mapping->end - mapping->start,
			.p_filesz = wanted_end(core->source, mapping) - mapping->start,
			.p_align = PAGE,
		};
		TRY(program_header_vector_append(&core->headers, &header));
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

static struct error *put(struct core *core, const void *bytes, size_t size)
{
	for (const char *at = bytes; size;) {
		ssize_t written = write(core->descriptor, at, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return error_os(written ? errno : EIO, "cannot write to %s", core->name);
		at += written;
		size -= (size_t)written;
		core->position += (uint64_t)written;
	}
	return NULL;
}

/* A hole, or zeroes where there can be none. */
static struct error *skip_to(struct core *core, uint64_t position)
{
	static const uint8_t zeroes[65536];
	if (core->seekable && position > core->position) {
		if (lseek(core->descriptor, (off_t)(position - core->position), SEEK_CUR) < 0)
			return error_os(errno, "cannot write to %s", core->name);
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

static struct error *put_memory(struct core *core)
{
	const struct core_source *source = core->source;
	for (size_t i = 1; i < core->headers.count; i++) {
		const Elf64_Phdr *header = &core->headers.items[i];
		uint64_t end = header->p_vaddr + header->p_filesz;
		for (size_t k = extent_find(source, header->p_vaddr);
		     k < source->extent_count && source->extents[k].start < end; k++)
			TRY(put_extent(core, header, MAX(source->extents[k].start, header->p_vaddr),
				       MIN(source->extents[k].end, end)));
	}
	return NULL;
}

/* A hole at the end is one only once the file is told its length. */
static struct error *finish(struct core *core, uint64_t size)
{
	TRY(skip_to(core, size));
	if (core->seekable && ftruncate(core->descriptor, (off_t)size) < 0)
		return error_os(errno, "cannot write to %s", core->name);
	core->written.size = size;
	return NULL;
}

struct error *core_write(const struct core_source *source, int descriptor, const char *name,
			 struct core_written *ret)
{
	_cleanup_(core_deinit) struct core core = {
		.source = source,
		.descriptor = descriptor,
		.name = name,
		.notes = WRITER_TO_MEMORY,
		.seekable = lseek(descriptor, 0, SEEK_CUR) == 0,
		.chunk = malloc(CHUNK),
	};
	const struct target_mapping *mappings;
	size_t count;

	if (!core.chunk)
		return error_no_memory();
	TRY(target_mappings(source->target, &mappings, &count));
	TRY(make_notes(&core, mappings, count));
	TRY(make_headers(&core, mappings, count));
	uint64_t size = place_headers(&core);
	TRY(put_headers(&core));
	TRY(put_memory(&core));
	TRY(finish(&core, size));
	*ret = core.written;
	return NULL;
}

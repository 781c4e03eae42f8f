/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "base/map.h"
#include "target/core_private.h"
#include "target/machine.h"

/* What the kernel calls files that have no name any more. */
#define DELETED " (deleted)"

/* Five or so a thread; a file of nothing but empty notes must not take hours. */
#define NOTES_MAX ((size_t)1 << 20)
/* The kernel's own limit for the list of files is 16 MiB at most; other notes are small. */
#define NOTE_SIZE_MAX   ((size_t)64 << 20)
#define SMALL_NOTE_SIZE ((size_t)4096)
#define NOTE_NAME_MAX   8

/* struct elf_prpsinfo of a 64-bit kernel */
#define PSINFO_SIZE       136
#define PSINFO_PID        24
#define PSINFO_NAME       40
#define PSINFO_NAME_SIZE  16
#define PSINFO_WORDS      56
#define PSINFO_WORDS_SIZE 80

struct note {
	uint32_t type;
	const uint8_t *bytes;
	size_t size;
	uint64_t offset;
};

static struct error *copy_text(struct core *core, const uint8_t *bytes, size_t size,
			       const char **ret)
{
	size_t length = strnlen((const char *)bytes, size);
	char *copy = arena_allocate_raw(&core->arena, length + 1);
	if (!copy)
		return error_no_memory();
	memcpy(copy, bytes, length);
	copy[length] = '\0';
	*ret = copy;
	return NULL;
}

static struct error *read_process(struct core *core, const struct note *note)
{
	if (note->size != PSINFO_SIZE)
		return NULL;
	struct cursor cursor = cursor_make(note->bytes, note->size, core->facts.path, note->offset);
	cursor_seek(&cursor, PSINFO_PID);
	core->facts.pid = (pid_t)cursor_u32(&cursor);
	TRY(cursor_check(&cursor));
	if (core->facts.pid < 0)
		core->facts.pid = 0;
	TRY(copy_text(core, note->bytes + PSINFO_NAME, PSINFO_NAME_SIZE, &core->facts.program));
	const uint8_t *words = note->bytes + PSINFO_WORDS;
	size_t length = strnlen((const char *)words, PSINFO_WORDS_SIZE);
	while (length && words[length - 1] == ' ') /* the kernel ends it in one */
		length--;
	return copy_text(core, words, length, &core->facts.command);
}

static struct error *read_thread(struct core *core, const struct note *note)
{
	struct target_thread thread = { .stopped = true };
	if (!machine_registers_from_core(note->bytes, note->size, &thread.id, &thread.registers))
		return NULL;
	thread.namespace_id = thread.id;
	return core_thread_vector_append(&core->threads, &thread);
}

static struct error *read_signal(struct core *core, const struct note *note)
{
	struct cursor cursor = cursor_make(note->bytes, note->size, core->facts.path, note->offset);
	int signal = (int)cursor_u32(&cursor);
	TRY(cursor_check(&cursor));
	/* A debugger's stop is not what ended it. The first thread is the one that died. */
	if (!core->facts.signal && signal > 0 && signal < NSIG && signal != SIGSTOP)
		core->facts.signal = signal;
	return NULL;
}

static struct error *read_auxiliary(struct core *core, const struct note *note)
{
	struct cursor cursor = cursor_make(note->bytes, note->size, core->facts.path, note->offset);
	while (cursor_left(&cursor) >= sizeof(Elf64_auxv_t)) {
		uint64_t type = cursor_u64(&cursor);
		uint64_t value = cursor_u64(&cursor);
		if (type == AT_NULL)
			break;
		if (type == AT_ENTRY)
			core->entry = value;
		else if (type == AT_PHDR)
			core->headers = value;
	}
	return cursor_check(&cursor);
}

/* The mappings of one file stand together mostly; but for a file between two of another. */
static struct error *find_image(struct core *core, const char *path, uint32_t *ret)
{
	size_t length = strlen(path), suffix = strlen(DELETED);
	bool deleted = length > suffix && strcmp(path + length - suffix, DELETED) == 0;
	if (deleted)
		length -= suffix;
	enum { LOOK_BACK = 8 };
	for (size_t i = core->images.count, n = 0; i-- > 0 && n < LOOK_BACK; n++) {
		const struct core_image *image = &core->images.items[i];
		if (strlen(image->path) == length && memcmp(image->path, path, length) == 0 &&
		    image->deleted == deleted) {
			*ret = (uint32_t)i;
			return NULL;
		}
	}
	struct core_image image = { .deleted = deleted, .descriptor = -1 };
	TRY(copy_text(core, (const uint8_t *)path, length, &image.path));
	*ret = (uint32_t)core->images.count;
	return core_image_vector_append(&core->images, &image);
}

/* count, page size; count times: start, end, page of the file; then as many paths. */
static struct error *read_files(struct core *core, const struct note *note)
{
	struct cursor cursor = cursor_make(note->bytes, note->size, core->facts.path, note->offset);
	uint64_t count = cursor_u64(&cursor);
	uint64_t page = cursor_u64(&cursor);
	TRY(cursor_check(&cursor));
	if (count > cursor_left(&cursor) / (3 * sizeof(uint64_t)))
		cursor_fail(&cursor, "more mapped files than the note has room for");
	TRY(cursor_check(&cursor));
	struct cursor pieces = cursor_sub(&cursor, count * 3 * sizeof(uint64_t));
	for (uint64_t i = 0; i < count; i++) {
		struct core_file file = { 0 };
		file.start = cursor_u64(&pieces);
		file.end = cursor_u64(&pieces);
		if (__builtin_mul_overflow(cursor_u64(&pieces), page, &file.offset))
			continue;
		const char *path = cursor_string(&cursor);
		TRY(cursor_check(&pieces));
		TRY(cursor_check(&cursor));
		if (file.start >= file.end)
			continue;
		TRY(find_image(core, path, &file.image));
		struct core_image *image = &core->images.items[file.image];
		if (!file.offset && !image->has_start) {
			image->has_start = true;
			image->start = file.start;
		}
		TRY(core_file_vector_append(&core->files, &file));
	}
	return NULL;
}

static bool is_wanted(uint32_t type)
{
	return type == NT_PRSTATUS || type == NT_PRPSINFO || type == NT_AUXV || type == NT_FILE ||
	       type == NT_SIGINFO;
}

static struct error *read_note(struct core *core, const struct note *note)
{
	switch (note->type) {
	case NT_PRSTATUS:
		return read_thread(core, note);
	case NT_PRPSINFO:
		return read_process(core, note);
	case NT_AUXV:
		return read_auxiliary(core, note);
	case NT_SIGINFO:
		return read_signal(core, note);
	default:
		return core->files.count ? NULL : read_files(core, note);
	}
}

/* A note that is longer than its region, or than there are bytes, was cut: so is what follows. */
static struct error *load_note(struct core *core, uint32_t type, uint64_t offset, size_t size)
{
	uint8_t small[SMALL_NOTE_SIZE];
	_cleanup_(free_pointer) uint8_t *large = NULL;
	uint8_t *bytes = small;
	if (size > NOTE_SIZE_MAX || offset + size > core->facts.file_size) {
		core->notes_are_cut = true;
		return NULL;
	}
	if (size > sizeof(small)) {
		bytes = large = malloc(size);
		if (!large)
			return error_no_memory();
	}
	if (!core_read_file(core->descriptor, offset, bytes, size)) {
		core->notes_are_cut = true;
		return NULL;
	}
	struct note note = { type, bytes, size, offset };
	struct error *error = read_note(core, &note);
	if (error && error->code == ERROR_CORRUPT) {
		/* What it said up to there is good for something. */
		core->notes_are_cut = true;
		error_destroy(error);
		return NULL;
	}
	return error;
}

static struct error *read_region(struct core *core, const struct core_region *region, size_t *count)
{
	uint64_t end, at = region->offset;
	if (__builtin_add_overflow(region->offset, region->size, &end))
		end = UINT64_MAX;
	while (at < end && end - at >= sizeof(Elf64_Nhdr)) {
		struct {
			Elf64_Nhdr header;
			char name[NOTE_NAME_MAX];
		} head = { 0 };
		if ((*count)++ == NOTES_MAX ||
		    !core_read_file(core->descriptor, at, &head.header, sizeof(head.header))) {
			core->notes_are_cut = true;
			return NULL;
		}
		uint64_t name_size = ((uint64_t)head.header.n_namesz + 3) & ~(uint64_t)3;
		uint64_t size = ((uint64_t)head.header.n_descsz + 3) & ~(uint64_t)3;
		uint64_t left = end - at - sizeof(head.header);
		if (name_size > left || size > left - name_size) {
			core->notes_are_cut = true;
			return NULL;
		}
		if (is_wanted(head.header.n_type) && name_size <= sizeof(head.name) &&
		    core_read_file(core->descriptor, at + sizeof(head.header), head.name,
				   name_size) &&
		    strncmp(head.name, "CORE", sizeof(head.name)) == 0)
			TRY(load_note(core, head.header.n_type,
				      at + sizeof(head.header) + name_size, head.header.n_descsz));
		at += sizeof(head.header) + name_size + size;
	}
	return NULL;
}

struct error *core_notes_read(struct core *core)
{
	size_t count = 0;
	for (size_t i = 0; i < core->notes.count && count < NOTES_MAX; i++)
		TRY(read_region(core, &core->notes.items[i], &count));
	core->facts.threads = core->threads.count;
	return NULL;
}

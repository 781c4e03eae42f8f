/* SPDX-License-Identifier: Apache-2.0 */
#include "core_maker.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/procfs.h>

/* Headers first, then the notes, then memory, each where it always is. */
#define NOTES_AT  4096
#define MEMORY_AT (NOTES_AT + 8192)

static void append(struct core_maker *maker, const void *bytes, size_t size)
{
	assert(size <= sizeof(maker->bytes) - maker->size);
	if (bytes)
		memcpy(maker->bytes + maker->size, bytes, size);
	maker->size += size;
}

void core_maker_load_bytes(struct core_maker *maker, uint64_t address, const void *bytes,
			   size_t size, uint64_t memory_size)
{
	if (!maker->size)
		maker->size = MEMORY_AT;
	assert(maker->count < ARRAY_SIZE(maker->headers));
	maker->headers[maker->count++] = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_offset = maker->size,
		.p_vaddr = address,
		.p_filesz = size,
		.p_memsz = memory_size,
	};
	append(maker, bytes, size);
}

void core_maker_load(struct core_maker *maker, uint64_t address, uint32_t flags, uint64_t size,
		     uint64_t memory_size, uint8_t fill)
{
	size_t at = maker->size ? maker->size : MEMORY_AT;
	core_maker_load_bytes(maker, address, NULL, (size_t)size, memory_size);
	memset(maker->bytes + at, fill, (size_t)size);
	maker->headers[maker->count - 1].p_flags = flags;
}

void core_maker_note(struct core_maker *maker, uint32_t type, const void *bytes, size_t size)
{
	Elf64_Nhdr header = { .n_namesz = 5, .n_descsz = (uint32_t)size, .n_type = type };
	size_t padded = (size + 3) & ~(size_t)3;
	uint8_t *at = maker->notes + maker->notes_size;
	assert(sizeof(header) + 8 + padded <= sizeof(maker->notes) - maker->notes_size);
	memcpy(at, &header, sizeof(header));
	memcpy(at + sizeof(header), "CORE\0\0\0", 8);
	memcpy(at + sizeof(header) + 8, bytes, size);
	maker->notes_size += sizeof(header) + 8 + padded;
}

void core_maker_thread(struct core_maker *maker, int id, uint64_t pc)
{
	enum { RIP = 16 };
	struct elf_prstatus status = { .pr_pid = id };
	status.pr_reg[RIP] = pc;
	core_maker_note(maker, NT_PRSTATUS, &status, sizeof(status));
}

void core_maker_process(struct core_maker *maker, int pid, const char *name)
{
	struct elf_prpsinfo info = { .pr_pid = pid };
	memcpy(info.pr_fname, name, strnlen(name, sizeof(info.pr_fname)));
	memcpy(info.pr_psargs, name, strnlen(name, sizeof(info.pr_psargs)));
	core_maker_note(maker, NT_PRPSINFO, &info, sizeof(info));
}

void core_maker_file(struct core_maker *maker, uint64_t start, uint64_t end, uint64_t page,
		     const char *path)
{
	uint8_t note[1024] = { 0 };
	uint64_t words[] = { 1, 4096, start, end, page };
	size_t length = strlen(path) + 1;
	assert(sizeof(words) + length <= sizeof(note));
	memcpy(note, words, sizeof(words));
	memcpy(note + sizeof(words), path, length);
	core_maker_note(maker, NT_FILE, note, sizeof(words) + length);
}

void core_maker_finish(struct core_maker *maker)
{
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(header),
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (uint16_t)(maker->count + 1),
	};
	Elf64_Phdr notes = {
		.p_type = PT_NOTE,
		.p_offset = NOTES_AT,
		.p_filesz = maker->notes_size,
	};
	if (maker->size < MEMORY_AT)
		maker->size = MEMORY_AT;
	memcpy(maker->bytes, &header, sizeof(header));
	memcpy(maker->bytes + sizeof(header), &notes, sizeof(notes));
	memcpy(maker->bytes + sizeof(header) + sizeof(notes), maker->headers,
	       maker->count * sizeof(*maker->headers));
	memcpy(maker->bytes + NOTES_AT, maker->notes, maker->notes_size);
}

int core_maker_open(const struct core_maker *maker, size_t size)
{
	int file = memfd_create("core", MFD_CLOEXEC);
	assert(file >= 0);
	assert(write(file, maker->bytes, size) == (ssize_t)size);
	return file;
}

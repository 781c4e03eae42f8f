/* SPDX-License-Identifier: Apache-2.0 */

/*
 * unpack FILE: run a static executable from anonymous memory, as packers do: no mapping of the
 * process names the file. It is given our own arguments and auxiliary vector.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE ((uint64_t)4095)

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void place(int file, const Elf64_Phdr *segment)
{
	uint64_t start = segment->p_vaddr & ~PAGE;
	uint64_t end = (segment->p_vaddr + segment->p_memsz + PAGE) & ~PAGE;
	void *memory = mmap((void *)start, end - start, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (memory != (void *)start)
		fail("mmap");
	if (pread(file, (void *)segment->p_vaddr, segment->p_filesz, (off_t)segment->p_offset) !=
	    (ssize_t)segment->p_filesz)
		fail("pread");
	int protection = (segment->p_flags & PF_R ? PROT_READ : 0) |
			 (segment->p_flags & PF_W ? PROT_WRITE : 0) |
			 (segment->p_flags & PF_X ? PROT_EXEC : 0);
	if (mprotect(memory, end - start, protection) < 0)
		fail("mprotect");
}

int main(int argc, char **argv)
{
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	int file = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	if (file < 0 || pread(file, &header, sizeof(header), 0) != sizeof(header))
		fail("open");
	for (int i = 0; i < header.e_phnum; i++) {
		off_t at = (off_t)(header.e_phoff + (uint64_t)i * header.e_phentsize);
		if (pread(file, &segment, sizeof(segment), at) != sizeof(segment))
			fail("pread");
		if (segment.p_type == PT_LOAD)
			place(file, &segment);
	}
	close(file);
	/* The stack as the kernel made it: the number of arguments lies below the first of them. */
	__asm__ volatile("mov %0, %%rsp\n\txor %%edx, %%edx\n\tjmp *%1"
			 :
			 : "r"(argv - 1), "r"(header.e_entry)
			 : "memory");
	__builtin_unreachable();
}

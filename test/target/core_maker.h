/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TEST_TARGET_CORE_MAKER_H
#define DOWSE_TEST_TARGET_CORE_MAKER_H

#include <elf.h>

#include "base/error.h"

/* Makes small core files, right or wrong ones, in a file without a name. */
struct core_maker {
	uint8_t bytes[1 << 16];
	size_t size;
	uint8_t notes[8192];
	size_t notes_size;
	Elf64_Phdr headers[16];
	unsigned count;
};

/* A piece of memory that has `size` bytes of `fill` in the core, and goes on to memory_size. */
void core_maker_load(struct core_maker *maker, uint64_t address, uint32_t flags, uint64_t size,
		     uint64_t memory_size, uint8_t fill);
/* One whose first bytes in the core are given. */
void core_maker_load_bytes(struct core_maker *maker, uint64_t address, const void *bytes,
			   size_t size, uint64_t memory_size);
void core_maker_note(struct core_maker *maker, uint32_t type, const void *bytes, size_t size);

/* The usual notes: a thread, the process's name, what ended it, the auxiliary vector. */
void core_maker_thread(struct core_maker *maker, int id, uint64_t pc);
void core_maker_process(struct core_maker *maker, int pid, const char *name);
/* One mapped file, of one piece. */
void core_maker_file(struct core_maker *maker, uint64_t start, uint64_t end, uint64_t page,
		     const char *path);

/* Put together; then the bytes may be changed, and written with core_maker_open(). */
void core_maker_finish(struct core_maker *maker);
/* A descriptor with the first `size` bytes. */
int core_maker_open(const struct core_maker *maker, size_t size);

#endif

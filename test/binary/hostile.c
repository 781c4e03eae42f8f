/* SPDX-License-Identifier: Apache-2.0 */

/*
 * hostile FILE SEED: damage a real program in many ways, and read it each time: cut at many
 * lengths, and with bits flipped where they hurt, in headers and tables. The library may refuse
 * it; it may not crash, hang or read outside. Ends with the number of files that it could open.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/file.h"
#include "binary/build_info.h"
#include "binary/module_private.h"

#define CUTS          400
#define FLIPS         600
#define BITS_MAX      8
#define FUNCTIONS_MAX 50

struct copy {
	int descriptor;
	uint8_t *bytes;
	size_t size;
	uint64_t random;
	size_t opened;
	size_t tables;
};

/* xorshift: the same damage for the same seed. */
static uint64_t next_random(struct copy *copy)
{
	copy->random ^= copy->random << 13;
	copy->random ^= copy->random >> 7;
	copy->random ^= copy->random << 17;
	return copy->random;
}

static void read_table(struct copy *copy, const struct elf *elf, const struct pclntab_place *place)
{
	_cleanup_(pclntab_cleanup) struct pclntab *table = NULL;
	struct function_line lines[FUNCTION_LINES_MAX];
	const struct pclntab_options options = {
		.bytes = place->bytes,
		.size = place->size,
		.name = elf_name(elf),
		.text = 0x401000,
		.text_end = 0x1401000,
		.gofunc = place->bytes,
		.gofunc_size = place->size,
	};
	if (!error_ignore(pclntab_open(&options, &table)))
		return;
	copy->tables++;
	size_t count = pclntab_function_count(table);
	for (size_t i = 0; i < FUNCTIONS_MAX; i++) {
		struct function function;
		if (!pclntab_function_at(table, next_random(copy) % count, &function))
			continue;
		uint64_t size = MAX(function.end - function.entry, 1);
		uint64_t pc = function.entry + next_random(copy) % size;
		for (size_t n = function_lines(&function, pc, lines); n-- > 0;)
			(void)(strlen(lines[n].function) + strlen(lines[n].file));
		(void)function_sp_delta(&function, pc);
		(void)pclntab_find(table, pc, &function);
	}
}

static void read_all(struct copy *copy)
{
	_cleanup_(elf_cleanup) struct elf *elf = NULL;
	struct build_info info = { 0 };
	struct pclntab_place place;
	struct elf_symbol symbol = { .name = "runtime.allgs" };
	if (!error_ignore(elf_open(copy->descriptor, "damaged", &elf)))
		return;
	copy->opened++;
	if (error_ignore(build_info_read(elf, &info)))
		build_info_deinit(&info);
	(void)error_ignore(elf_find_symbols(elf, &symbol, 1));
	(void)elf_build_id(elf);
	(void)elf_go_build_id(elf);
	struct pclntab_search search = { .elf = elf };
	for (unsigned i = 0; i < 3 && pclntab_search_next(&search, &place); i++)
		read_table(copy, elf, &place);
}

/* Headers, the section table and the table of functions are hit most often. */
static size_t choose_offset(struct copy *copy)
{
	uint64_t sections = 0;
	memcpy(&sections, copy->bytes + offsetof(Elf64_Ehdr, e_shoff), sizeof(sections));
	const uint8_t *table = memmem(copy->bytes, copy->size, "\xff\xff\xff\0\0\1\x08", 7);
	size_t at = (size_t)(table ? table - copy->bytes : 0);
	switch (next_random(copy) % 4) {
	case 0:
		return next_random(copy) % MIN(copy->size, 1024);
	case 1:
		return (size_t)MIN(sections + next_random(copy) % 2048, copy->size - 1);
	case 2:
		return MIN(at + next_random(copy) % 128, copy->size - 1);
	default:
		return MIN(at + next_random(copy) % (copy->size - at), copy->size - 1);
	}
}

static void flip(struct copy *copy)
{
	size_t offsets[BITS_MAX];
	size_t count = 1 + next_random(copy) % BITS_MAX;
	for (size_t i = 0; i < count; i++) {
		offsets[i] = choose_offset(copy);
		uint8_t byte = copy->bytes[offsets[i]] ^ (uint8_t)(1 << next_random(copy) % 8);
		(void)!pwrite(copy->descriptor, &byte, 1, (off_t)offsets[i]);
	}
	read_all(copy);
	for (size_t i = 0; i < count; i++)
		(void)!pwrite(copy->descriptor, &copy->bytes[offsets[i]], 1, (off_t)offsets[i]);
}

/* From the end on: a file can only shrink. */
static void cut(struct copy *copy)
{
	for (size_t i = CUTS; i-- > 0;) {
		size_t size = i > CUTS / 4 ? copy->size / CUTS * i + next_random(copy) % 64
					   : i * 16;
		if (ftruncate(copy->descriptor, (off_t)MIN(size, copy->size)) == 0)
			read_all(copy);
	}
}

static struct error *run(const char *path, uint64_t seed)
{
	struct file_bytes file = { 0 };
	TRY(file_read(path, (size_t)1 << 28, &file));
	struct copy copy = {
		.descriptor = memfd_create("damaged", MFD_CLOEXEC),
		.bytes = (uint8_t *)file.bytes,
		.size = file.size,
		.random = seed | 1,
	};
	if (write(copy.descriptor, copy.bytes, copy.size) != (ssize_t)copy.size)
		return error_os(errno, "cannot copy %s", path);
	read_all(&copy);
	if (copy.opened != 1 || copy.tables == 0)
		return error_new(ERROR_OTHER, "%s cannot be read when it is whole", path);
	for (size_t i = 0; i < FLIPS; i++)
		flip(&copy);
	cut(&copy);
	printf("%zu %zu\n", copy.opened, copy.tables);
	close(copy.descriptor);
	file_bytes_deinit(&file);
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: %s FILE SEED\n", argv[0]);
		return 2;
	}
	struct error *error = run(argv[1], strtoull(argv[2], NULL, 10));
	if (error) {
		fprintf(stderr, "%s\n", error->message);
		error_destroy(error);
		return 1;
	}
	return 0;
}

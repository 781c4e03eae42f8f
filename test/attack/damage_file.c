/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "damage.h"
#include "target/snapshot_format.h"

#define PIECE ((size_t)1 << 16)

static struct error *copy_extent(int from, int to, off_t at, off_t end)
{
	uint8_t bytes[PIECE];
	while (at < end) {
		ssize_t size = pread(from, bytes, (size_t)MIN(end - at, (off_t)sizeof(bytes)), at);
		if (size <= 0 || pwrite(to, bytes, (size_t)size, at) != size)
			return error_os(errno, "cannot copy");
		at += size;
	}
	return NULL;
}

static struct error *copy_all(struct damage *damage)
{
	off_t size = (off_t)damage->size;
	if (ftruncate(damage->file, 0) < 0 || ftruncate(damage->file, size) < 0)
		return error_os(errno, "cannot copy");
	for (off_t end = 0;;) {
		off_t at = lseek(damage->original, end, SEEK_DATA);
		if (at < 0)
			return NULL;
		end = lseek(damage->original, at, SEEK_HOLE);
		TRY(copy_extent(damage->original, damage->file, at, end));
	}
}

struct error *damage_open(const char *path, uint64_t seed, struct damage *ret)
{
	struct stat status;
	struct damage damage = { .seed = seed };
	damage.original = open(path, O_RDONLY | O_CLOEXEC);
	damage.file = memfd_create("damaged", MFD_CLOEXEC);
	*ret = damage;
	if (damage.original < 0 || damage.file < 0 || fstat(damage.original, &status) < 0)
		return error_os(errno, "cannot open %s", path);
	ret->size = (uint64_t)status.st_size;
	return copy_all(ret);
}

void damage_close(struct damage *damage)
{
	close_descriptor(&damage->file);
	close_descriptor(&damage->original);
}

/* splitmix64 spreads neighbouring numbers; zero is what xorshift must not begin with. */
void damage_seed(struct damage *damage, uint64_t index)
{
	uint64_t mixed = damage->seed * 0x9e3779b97f4a7c15u + index * 0xbf58476d1ce4e5b9u + 1;
	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
	damage->random = (mixed ^ mixed >> 27) | 1;
	damage->undo_count = 0;
}

uint64_t damage_random(struct damage *damage)
{
	damage->random ^= damage->random << 13;
	damage->random ^= damage->random >> 7;
	damage->random ^= damage->random << 17;
	return damage->random;
}

static uint64_t read_u64(const struct damage *damage, uint64_t offset)
{
	uint64_t value = 0;
	(void)!pread(damage->original, &value, sizeof(value), (off_t)offset);
	return value;
}

/* Of what is not a hole. */
static uint64_t any_offset(struct damage *damage)
{
	uint64_t at = damage_random(damage) % damage->size;
	off_t data = lseek(damage->original, (off_t)at, SEEK_DATA);
	if (data >= 0 && (uint64_t)data != at)
		return (uint64_t)data + damage_random(damage) % 4096;
	return at;
}

/* Headers, the tables of sections and segments, what a segment begins with (notes do). */
static uint64_t elf_offset(struct damage *damage)
{
	uint64_t sections = read_u64(damage, offsetof(Elf64_Ehdr, e_shoff));
	uint64_t segments = read_u64(damage, offsetof(Elf64_Ehdr, e_phoff));
	uint64_t count = read_u64(damage, offsetof(Elf64_Ehdr, e_phnum)) & 0xffff;
	uint64_t segment = segments + damage_random(damage) % MAX(count, 1) * sizeof(Elf64_Phdr);
	switch (damage_random(damage) % 6) {
	case 0:
		return damage_random(damage) % sizeof(Elf64_Ehdr);
	case 1:
		return segment + damage_random(damage) % sizeof(Elf64_Phdr);
	case 2: /* the notes of a core are the first segment */
		return read_u64(damage, segments + offsetof(Elf64_Phdr, p_offset)) +
		       damage_random(damage) % 16384;
	case 3:
		return sections + damage_random(damage) % 2048;
	default:
		return any_offset(damage);
	}
}

/* The header of a block, the end, or anywhere. */
static uint64_t snapshot_offset(struct damage *damage)
{
	uint64_t blocks = damage_random(damage) % 64, at = SNAPSHOT_HEADER_SIZE;
	switch (damage_random(damage) % 4) {
	case 0:
		for (uint64_t i = 0; i < blocks && at < damage->size; i++)
			at += SNAPSHOT_BLOCK_SIZE + (read_u64(damage, at + 12) & UINT32_MAX);
		return at + damage_random(damage) % SNAPSHOT_BLOCK_SIZE;
	case 1:
		return damage->size - 1 - damage_random(damage) % MIN(damage->size, 1024);
	case 2:
		return damage_random(damage) % 4096;
	default:
		return any_offset(damage);
	}
}

void damage_flip(struct damage *damage, bool snapshot)
{
	size_t count = 1 + damage_random(damage) % DAMAGE_BITS_MAX;
	while (damage->undo_count < count) {
		uint64_t offset = snapshot ? snapshot_offset(damage) : elf_offset(damage);
		uint8_t byte = 0;
		if (pread(damage->file, &byte, 1, (off_t)offset) != 1)
			continue;
		damage->undo[damage->undo_count].offset = offset;
		damage->undo[damage->undo_count++].byte = byte;
		byte ^= (uint8_t)(1 << damage_random(damage) % 8);
		(void)!pwrite(damage->file, &byte, 1, (off_t)offset);
	}
}

void damage_undo(struct damage *damage)
{
	if (damage->rewritten && !error_ignore(copy_all(damage)))
		abort();
	damage->rewritten = false;
	while (damage->undo_count > 0) {
		size_t i = --damage->undo_count;
		(void)!pwrite(damage->file, &damage->undo[i].byte, 1,
			      (off_t)damage->undo[i].offset);
	}
}

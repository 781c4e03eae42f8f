/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/executable.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "target/operations.h"

#define PAGE_MASK ((uint64_t)4095)
/* Where what can lie anywhere is taken to lie: no small number is an address then. */
#define ANYWHERE     UINT64_C(0x4000000000)
#define ADDRESS_MOST (UINT64_C(1) << 47)

struct loaded_segment {
	uint64_t address, memory_size; /* loaded */
	const uint8_t *bytes;          /* in the file, or `copy` */
	uint64_t size;
	uint8_t *copy; /* of what can be written, relocated; NULL: not needed */
};

struct executable {
	struct target target; /* must be first */
	struct elf *elf;
	int descriptor;
	uint64_t bias;
	char *path;
	struct loaded_segment *segments;
	struct target_mapping *mappings;
	size_t count;
	uint64_t left; /* bytes that may be copied yet: each of the file once */
};

static struct executable *executable_of(const struct target *target)
{
	return (struct executable *)target;
}

static void executable_destroy(struct target *target)
{
	struct executable *executable = executable_of(target);
	for (size_t i = 0; i < executable->count; i++)
		free(executable->segments[i].copy);
	free(executable->segments);
	free(executable->mappings);
	elf_destroy(executable->elf);
	if (executable->descriptor >= 0)
		close(executable->descriptor);
	free(executable->path);
	free(executable);
}

static bool read_range(const struct executable *executable, const struct target_range *range)
{
	for (size_t i = 0; i < executable->count; i++) {
		const struct loaded_segment *segment = &executable->segments[i];
		uint64_t at = range->address - segment->address;
		if (range->address < segment->address || at >= segment->memory_size ||
		    range->length > segment->memory_size - at)
			continue;
		size_t here = at < segment->size ? (size_t)MIN(segment->size - at, range->length)
						 : 0;
		if (here)
			memcpy(range->into, segment->bytes + at, here);
		if (here < range->length)
			memset((uint8_t *)range->into + here, 0, range->length - here);
		return true;
	}
	return false;
}

static struct error *executable_read_ranges(struct target *target, struct target_range *ranges,
					    size_t count)
{
	for (size_t i = 0; i < count; i++)
		ranges[i].done = read_range(executable_of(target), &ranges[i]);
	return NULL;
}

static struct error *executable_mappings(struct target *target, const struct target_mapping **ret,
					 size_t *ret_count)
{
	*ret = executable_of(target)->mappings;
	*ret_count = executable_of(target)->count;
	return NULL;
}

static struct error *executable_open_file(struct target *target,
					  const struct target_mapping *mapping, int *ret)
{
	(void)mapping;
	int descriptor = fcntl(executable_of(target)->descriptor, F_DUPFD_CLOEXEC, 0);
	if (descriptor < 0)
		return error_os(errno, "%s", target_name(target));
	*ret = descriptor;
	return NULL;
}

static const struct target_operations operations = {
	.read_ranges = executable_read_ranges,
	.mappings = executable_mappings,
	.open_file = executable_open_file,
	.destroy = executable_destroy,
};

/* What no processor could load is passed over. */
static bool is_loaded(const struct elf_segment *segment)
{
	return segment->type == PT_LOAD && segment->memory_size &&
	       segment->address < ADDRESS_MOST && segment->memory_size < ADDRESS_MOST;
}

static struct error *load_segment(struct executable *executable, const struct elf_segment *from)
{
	struct loaded_segment *segment = &executable->segments[executable->count];
	uint64_t address = from->address + executable->bias;
	uint64_t size = MIN(elf_bytes_left(executable->elf, from->address),
			    MIN(from->file_size, from->memory_size));
	*segment = (struct loaded_segment){
		.address = address,
		.memory_size = from->memory_size,
		.bytes = elf_bytes_at(executable->elf, from->address, size),
	};
	segment->size = segment->bytes ? size : 0;
	executable->mappings[executable->count++] = (struct target_mapping){
		.start = address & ~PAGE_MASK,
		.end = (address + from->memory_size + PAGE_MASK) & ~PAGE_MASK,
		.offset = from->offset & ~PAGE_MASK,
		.readable = true,
		.writable = from->flags & PF_W,
		.executable = from->flags & PF_X,
		.inode = 1,
		.path = executable->path,
	};
	if (!(from->flags & PF_W) || !segment->size)
		return NULL;
	if (segment->size > executable->left)
		return error_new(ERROR_CORRUPT, "%s: has segments that overlap", executable->path);
	executable->left -= segment->size;
	segment->copy = malloc((size_t)segment->size);
	if (!segment->copy)
		return error_no_memory();
	memcpy(segment->copy, segment->bytes, (size_t)segment->size);
	segment->bytes = segment->copy;
	return NULL;
}

static void relocate_word(struct executable *executable, uint64_t address, uint64_t value)
{
	for (size_t i = 0; i < executable->count; i++) {
		struct loaded_segment *segment = &executable->segments[i];
		uint64_t at = address - segment->address;
		if (!segment->copy || address < segment->address || segment->size < sizeof(value) ||
		    at > segment->size - sizeof(value))
			continue;
		memcpy(segment->copy + at, &value, sizeof(value));
		return;
	}
}

/* Words that hold addresses of the file itself; those of other files' symbols stay zero. */
static void relocate(struct executable *executable)
{
	static const char *const names[] = { ".rela.dyn", ".rela" };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct elf_section *section = elf_find_section(executable->elf, names[i]);
		const uint8_t *bytes = NULL;
		size_t size = 0;
		if (!section || section->type != SHT_RELA ||
		    !error_ignore(elf_section_bytes(executable->elf, section, &bytes, &size)))
			continue;
		for (size_t at = 0; size - at >= sizeof(Elf64_Rela); at += sizeof(Elf64_Rela)) {
			Elf64_Rela entry;
			memcpy(&entry, bytes + at, sizeof(entry));
			if (ELF64_R_TYPE(entry.r_info) == R_X86_64_RELATIVE)
				relocate_word(executable, entry.r_offset + executable->bias,
					      (uint64_t)entry.r_addend + executable->bias);
		}
	}
}

static struct error *load(struct executable *executable)
{
	size_t count;
	const struct elf_segment *segments = elf_segments(executable->elf, &count);
	uint64_t lowest = UINT64_MAX;
	executable->segments = calloc(count + 1, sizeof(*executable->segments));
	executable->mappings = calloc(count + 1, sizeof(*executable->mappings));
	if (!executable->segments || !executable->mappings)
		return error_no_memory();
	for (size_t i = 0; i < count; i++) {
		if (is_loaded(&segments[i]))
			lowest = MIN(lowest, segments[i].address);
	}
	executable->bias = lowest <= PAGE_MASK ? ANYWHERE : 0;
	for (size_t i = 0; i < count; i++) {
		if (is_loaded(&segments[i]))
			TRY(load_segment(executable, &segments[i]));
	}
	relocate(executable);
	return NULL;
}

struct error *executable_open(int descriptor, const char *path, struct target **ret)
{
	struct executable *executable = calloc(1, sizeof(*executable));
	if (!executable)
		return error_no_memory();
	_cleanup_(target_cleanup) struct target *target = &executable->target;
	target->operations = &operations;
	executable->descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
	executable->path = strdup(path);
	target->name = executable->path;
	if (executable->descriptor < 0)
		return error_os(errno, "%s", path);
	if (!executable->path)
		return error_no_memory();
	struct stat status;
	if (fstat(descriptor, &status) < 0)
		return error_os(errno, "%s", path);
	executable->left = (uint64_t)status.st_size;
	TRY(elf_open(descriptor, path, &executable->elf));
	TRY(load(executable));
	*ret = TAKE_PTR(target);
	return NULL;
}

struct elf *executable_elf(const struct target *target)
{
	return executable_of(target)->elf;
}

uint64_t executable_bias(const struct target *target)
{
	return executable_of(target)->bias;
}

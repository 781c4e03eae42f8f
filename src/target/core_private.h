/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_CORE_PRIVATE_H
#define DOWSE_TARGET_CORE_PRIVATE_H

#include "base/arena.h"
#include "base/vector.h"
#include "target/core.h"
#include "target/operations.h"

/*
 * Between the files of a core: core_headers.c reads the program headers, core_notes.c the notes,
 * core_extents.c joins both into what lies where, core_memory.c reads from it, and core_images.c
 * finds the files that were mapped.
 */

/* A loadable segment as its program header has it, cut to what the file really has. */
struct core_segment {
	uint64_t start; /* in memory */
	uint64_t end;   /* exclusive */
	uint64_t offset;
	uint64_t size; /* bytes that the file has; the rest up to `end` was left out, or cut off */
	uint32_t flags;
};

DEFINE_VECTOR(core_segment_vector, struct core_segment);

/* Where notes lie in the file. */
struct core_region {
	uint64_t offset;
	uint64_t size;
};

DEFINE_VECTOR(core_region_vector, struct core_region);

#define CORE_NO_IMAGE UINT32_MAX

/* A piece of a file that was mapped. */
struct core_file {
	uint64_t start;
	uint64_t end;
	uint64_t offset;
	uint32_t image; /* index of its file */
};

DEFINE_VECTOR(core_file_vector, struct core_file);

/*
 * What lies at an address: sorted, without overlaps. Bytes from `size` on are not in the core, but
 * may be in the mapped file.
 */
struct core_extent {
	uint64_t start;
	uint64_t end;
	uint64_t offset; /* in the core */
	uint64_t size;
	uint64_t file_offset; /* in the image */
	uint32_t image;       /* CORE_NO_IMAGE: none */
	uint32_t flags;
};

DEFINE_VECTOR(core_extent_vector, struct core_extent);

enum core_image_state {
	CORE_IMAGE_UNTRIED,
	CORE_IMAGE_OPEN,
	CORE_IMAGE_MISSING,
};

/* A file that was mapped. */
struct core_image {
	const char *path; /* without " (deleted)" */
	bool deleted;
	bool has_start; /* offset 0 was mapped, at `start` */
	uint64_t start;
	enum core_image_state state;
	int descriptor;
	const char *problem; /* why it is missing */
};

DEFINE_VECTOR(core_image_vector, struct core_image);
DEFINE_VECTOR(core_thread_vector, struct target_thread);
DEFINE_VECTOR(core_mapping_vector, struct target_mapping);

struct core {
	struct target target; /* must be first */
	int descriptor;
	struct arena arena; /* strings */
	struct core_facts facts;
	char *given_executable; /* --exe */

	struct core_segment_vector segments;
	struct core_region_vector notes;
	struct core_file_vector files;
	struct core_image_vector images;
	struct core_extent_vector extents;
	struct core_mapping_vector mappings;
	struct core_thread_vector threads;
	uint32_t main_image; /* index of the executable; CORE_NO_IMAGE: not known */
	uint64_t entry;      /* AT_ENTRY, AT_PHDR; 0 not said */
	uint64_t headers;
	bool notes_are_cut;
};

static inline struct core *core_of(struct target *target)
{
	return (struct core *)target;
}

/* All `size` bytes at an offset of a file; false when they are not there. */
bool core_read_file(int descriptor, uint64_t offset, void *into, size_t size);

struct error *core_headers_read(struct core *core) must_use;
struct error *core_notes_read(struct core *core) must_use;
struct error *core_extents_make(struct core *core) must_use;

/* The extent with that address; NULL when nothing was mapped there. */
const struct core_extent *core_extent_find(const struct core *core, uint64_t address);

struct error *core_read_ranges(struct target *target, struct target_range *ranges, size_t count)
	must_use;

/* The bytes of the core alone, as many as there are. */
size_t core_read_own(const struct core *core, uint64_t address, void *into, size_t size);

/* The open file of an image, or -1: looked for once. */
int core_image_open(struct core *core, uint32_t index);
/* Which one is the executable, and is it to be had? Wrong use of --exe is an error. */
struct error *core_images_find_executable(struct core *core) must_use;
void core_images_close(struct core *core);

/* One line for the user; "%s" and the like. */
struct error *core_warn(struct core *core, const char *format, ...) printf_like(2, 3) must_use;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/selection_private.h"

#include <stdlib.h>
#include <string.h>

/*
 * Whose memory a mapping is. The modules' own files come along, other files do not. Of anonymous
 * memory the runtime's is wanted: what the kernel says is Go's, or where some of the runtime's
 * structures were found. In a program without C all the rest is Go's, too; beside C only what is
 * small enough to be a piece of the runtime's own allocator, and neither a thread's stack nor C's.
 */
#define PAGE         ((uint64_t)4096)
#define LOADABLE     1u                   /* PT_LOAD */
#define SMALL_PIECE  ((uint64_t)16 << 20) /* pieces of 256 KiB, which the kernel joins */
#define THREAD_STACK ((uint64_t)8 << 20)  /* unless the program wants another size */
#define C_ARENA      ((uint64_t)64 << 20) /* glibc's, for threads: each begins at a multiple */

struct chooser {
	struct runtime *runtime;
	const struct address_range_vector *heap;
	struct address_range_vector images; /* of modules */
	struct u64_vector structures;       /* in rising order */
	bool has_libraries;
};

static void chooser_deinit(struct chooser *chooser)
{
	address_range_vector_deinit(&chooser->images);
	u64_vector_deinit(&chooser->structures);
}

static struct error *note_images(struct chooser *chooser)
{
	const struct binary *binary = runtime_binary(chooser->runtime);
	for (size_t i = 0; i < binary->module_count; i++) {
		const struct module *module = &binary->modules[i];
		size_t count;
		const struct elf_segment *segments = elf_segments(module->elf, &count);
		for (size_t j = 0; j < count; j++) {
			uint64_t start = segments[j].address + module->bias;
			struct address_range range = {
				.start = start / PAGE * PAGE,
				.end = (start + segments[j].memory_size + PAGE - 1) / PAGE * PAGE,
			};
			if (segments[j].type == LOADABLE)
				TRY(address_range_vector_append(&chooser->images, &range));
		}
	}
	return NULL;
}

static bool is_in_image(const struct chooser *chooser, const struct target_mapping *mapping)
{
	for (size_t i = 0; i < chooser->images.count; i++) {
		if (mapping->start < chooser->images.items[i].end &&
		    mapping->end > chooser->images.items[i].start)
			return true;
	}
	return false;
}

static bool has_structure(const struct chooser *chooser, const struct target_mapping *mapping)
{
	size_t low = 0, high = chooser->structures.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (chooser->structures.items[middle] < mapping->start)
			low = middle + 1;
		else
			high = middle;
	}
	return low < chooser->structures.count && chooser->structures.items[low] < mapping->end;
}

/* The stack of a thread that C made lies behind a page that nobody may touch. */
static bool is_behind_guard(const struct target_mapping *before,
			    const struct target_mapping *mapping)
{
	return before && before->end == mapping->start && !before->readable && !before->inode &&
	       before->end - before->start <= 16 * PAGE;
}

static bool is_wanted(const struct chooser *chooser, const struct target_mapping *before,
		      const struct target_mapping *mapping)
{
	if (is_in_image(chooser, mapping))
		return true;
	if (mapping->inode || mapping->shared)
		return false;
	if (!strncmp(mapping->path, "[anon: Go:", strlen("[anon: Go:")))
		return true;
	if (mapping->path[0])
		return false;
	if (has_structure(chooser, mapping) || !chooser->has_libraries)
		return true;
	return mapping->end - mapping->start <= SMALL_PIECE && mapping->start % C_ARENA &&
	       !is_behind_guard(before, mapping);
}

static bool has_libraries(const struct chooser *chooser, const struct target_mapping *mappings,
			  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (mappings[i].executable && mappings[i].inode &&
		    !is_in_image(chooser, &mappings[i]))
			return true;
	}
	return false;
}

static bool is_c_heap(const struct target_mapping *mapping)
{
	return !strcmp(mapping->path, "[heap]");
}

static struct error *choose(struct chooser *chooser, struct selection_mapping_vector *ret)
{
	const struct target_mapping *mappings;
	size_t count;
	TRY(heap_structures_read(chooser->runtime, &chooser->structures));
	TRY(note_images(chooser));
	TRY(target_mappings(runtime_target(chooser->runtime), &mappings, &count));
	chooser->has_libraries = has_libraries(chooser, mappings, count);
	/* A static program that C made has its C heap all the same. */
	for (size_t i = 0; i < count; i++)
		chooser->has_libraries |= is_c_heap(&mappings[i]);
	for (size_t i = 0; i < count; i++) {
		struct selection_mapping mapping = {
			.start = mappings[i].start,
			.end = mappings[i].end,
			.wanted = is_wanted(chooser, i ? &mappings[i - 1] : NULL, &mappings[i]),
		};
		/* The kernel may have joined what lies above a thread's stack to it. */
		uint64_t size = mapping.end - mapping.start;
		if (!mapping.wanted && i && !mappings[i].inode && !mappings[i].path[0] &&
		    is_behind_guard(&mappings[i - 1], &mappings[i]) && size > THREAD_STACK &&
		    size <= THREAD_STACK + SMALL_PIECE) {
			mapping.start += THREAD_STACK;
			mapping.wanted = true;
		}
		if (mappings[i].readable)
			TRY(selection_mapping_vector_append(ret, &mapping));
	}
	return NULL;
}

struct error *selection_mappings_find(struct runtime *runtime,
				      const struct address_range_vector *heap,
				      struct selection_mapping_vector *ret)
{
	_cleanup_(chooser_deinit) struct chooser chooser = { .runtime = runtime, .heap = heap };
	return choose(&chooser, ret);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>

#include "target/core_private.h"

/*
 * What lies where: the segments of the core in the order of their addresses, and between them the
 * pieces of mapped files that the core has no segment for, as gcore leaves them out.
 */

static int compare_segments(const void *left, const void *right)
{
	const struct core_segment *a = left, *b = right;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	/* Of two at one address the one with more bytes counts. */
	return a->size > b->size ? -1 : a->size < b->size;
}

static int compare_files(const void *left, const void *right)
{
	const struct core_file *a = left, *b = right;
	return a->start < b->start ? -1 : a->start > b->start;
}

/* Files are looked for by rising addresses: `*next` is where the last search ended. */
static const struct core_file *file_at(const struct core *core, uint64_t address, size_t *next)
{
	const struct core_file_vector *files = &core->files;
	while (*next < files->count && files->items[*next].end <= address)
		(*next)++;
	if (*next == files->count || files->items[*next].start > address)
		return NULL;
	return &files->items[*next];
}

static struct error *append(struct core *core, struct core_extent extent,
			    const struct core_file *file)
{
	extent.image = CORE_NO_IMAGE;
	if (file) {
		extent.image = file->image;
		extent.file_offset = file->offset + (extent.start - file->start);
	}
	return core_extent_vector_append(&core->extents, &extent);
}

/*
 * Pieces of files from `from` up to `to`, where the core has nothing. That they can be read and
 * not written is likely, that they are code is possible: gcore keeps what was written to.
 */
static struct error *append_files(struct core *core, uint64_t from, uint64_t to, size_t *next)
{
	while (from < to) {
		const struct core_file *file = file_at(core, from, next);
		if (!file) {
			if (*next == core->files.count || core->files.items[*next].start >= to)
				return NULL;
			from = core->files.items[*next].start;
			continue;
		}
		struct core_extent extent = {
			.start = from,
			.end = MIN(file->end, to),
			.flags = PF_R | PF_X,
		};
		TRY(append(core, extent, file));
		from = extent.end;
	}
	return NULL;
}

static struct error *join(struct core *core)
{
	uint64_t end = 0;
	size_t next = 0;
	for (size_t i = 0; i < core->segments.count; i++) {
		const struct core_segment *segment = &core->segments.items[i];
		struct core_extent extent = {
			.start = segment->start,
			.end = segment->end,
			.offset = segment->offset,
			.size = segment->size,
			.flags = segment->flags,
		};
		/* Overlapping ones are somebody's error or trick: the first one counts. */
		if (extent.end <= end)
			continue;
		if (extent.start < end) {
			uint64_t lost = end - extent.start;
			extent.start = end;
			extent.offset += MIN(lost, extent.size);
			extent.size -= MIN(lost, extent.size);
		}
		TRY(append_files(core, end, extent.start, &next));
		TRY(append(core, extent, file_at(core, extent.start, &next)));
		end = extent.end;
		core->facts.held += extent.size;
	}
	return append_files(core, end, UINT64_MAX, &next);
}

static struct error *make_mappings(struct core *core)
{
	TRY(core_mapping_vector_reserve(&core->mappings, core->extents.count));
	for (size_t i = 0; i < core->extents.count; i++) {
		const struct core_extent *extent = &core->extents.items[i];
		const struct core_image *image = NULL;
		if (extent->image != CORE_NO_IMAGE)
			image = &core->images.items[extent->image];
		struct target_mapping mapping = {
			.start = extent->start,
			.end = extent->end,
			.offset = extent->file_offset,
			.readable = extent->flags & PF_R,
			.writable = extent->flags & PF_W,
			.executable = extent->flags & PF_X,
			/* A core knows no inodes: any number that differs from file to file does. */
			.inode = image ? (uint64_t)extent->image + 1 : 0,
			.path = image ? image->path : "",
			.deleted = image && image->deleted,
		};
		core->facts.memory += extent->end - extent->start;
		TRY(core_mapping_vector_append(&core->mappings, &mapping));
	}
	return NULL;
}

struct error *core_extents_make(struct core *core)
{
	qsort(core->segments.items, core->segments.count, sizeof(*core->segments.items),
	      compare_segments);
	if (core->files.count)
		qsort(core->files.items, core->files.count, sizeof(*core->files.items),
		      compare_files);
	TRY(join(core));
	core_segment_vector_deinit(&core->segments);
	return make_mappings(core);
}

const struct core_extent *core_extent_find(const struct core *core, uint64_t address)
{
	size_t low = 0, high = core->extents.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct core_extent *extent = &core->extents.items[middle];
		if (address < extent->start)
			high = middle;
		else if (address >= extent->end)
			low = middle + 1;
		else
			return extent;
	}
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "target/core_private.h"

bool core_read_file(int descriptor, uint64_t offset, void *into, size_t size)
{
	size_t done = 0;
	if (offset > INT64_MAX || size > INT64_MAX - offset)
		return false;
	while (done < size) {
		ssize_t n = pread(descriptor, (uint8_t *)into + done, size - done,
				  (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

size_t core_read_own(const struct core *core, uint64_t address, void *into, size_t size)
{
	const struct core_extent *extent = core_extent_find(core, address);
	if (!extent || address - extent->start >= extent->size)
		return 0;
	uint64_t at = address - extent->start;
	size = (size_t)MIN((uint64_t)size, extent->size - at);
	return core_read_file(core->descriptor, extent->offset + at, into, size) ? size : 0;
}

/*
 * From the mapped file. The kernel fills the last page of a file with zeroes; what lies behind
 * that page was no memory.
 */
static bool read_image(struct core *core, const struct core_extent *extent, uint64_t at,
		       uint8_t *into, size_t size)
{
	enum { PAGE = 4096 };
	struct stat status;
	if (extent->image == CORE_NO_IMAGE)
		return false;
	int file = core_image_open(core, extent->image);
	uint64_t offset;
	if (file < 0 || __builtin_add_overflow(extent->file_offset, at, &offset) ||
	    fstat(file, &status) < 0)
		return false;
	uint64_t length = (uint64_t)status.st_size;
	uint64_t pages = (length + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	if (offset > pages || size > pages - offset)
		return false;
	size_t have = offset < length ? (size_t)MIN((uint64_t)size, length - offset) : 0;
	memset(into + have, 0, size - have);
	return core_read_file(file, offset, into, have);
}

/* One piece of one extent; *ret is how many bytes it was. */
static bool read_piece(struct core *core, const struct core_extent *extent, uint64_t address,
		       uint8_t *into, size_t size, size_t *ret)
{
	uint64_t at = address - extent->start;
	size = (size_t)MIN((uint64_t)size, extent->end - address);
	if (at >= extent->size) {
		*ret = size;
		return read_image(core, extent, at, into, size);
	}
	*ret = size = (size_t)MIN((uint64_t)size, extent->size - at);
	return core_read_file(core->descriptor, extent->offset + at, into, size);
}

static bool read_range(struct core *core, const struct target_range *range,
		       const struct core_extent **hint)
{
	uint64_t address = range->address;
	uint8_t *into = range->into;
	size_t left = range->length;
	if (left && address > UINT64_MAX - left)
		return false;
	while (left) {
		const struct core_extent *extent = *hint;
		size_t size;
		if (!extent || address < extent->start || address >= extent->end)
			*hint = extent = core_extent_find(core, address);
		if (!extent || !read_piece(core, extent, address, into, left, &size))
			return false;
		address += size;
		into += size;
		left -= size;
	}
	return true;
}

struct error *core_read_ranges(struct target *target, struct target_range *ranges, size_t count)
{
	struct core *core = core_of(target);
	const struct core_extent *hint = NULL;
	for (size_t i = 0; i < count; i++)
		ranges[i].done = read_range(core, &ranges[i], &hint);
	return NULL;
}

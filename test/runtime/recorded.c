/* SPDX-License-Identifier: Apache-2.0 */
#include "recorded.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "target/process.h"

#define PAGE        4096u
#define MAPPING_MAX ((uint64_t)1 << 30)

static const uint8_t *bytes_at(const struct recorded *recorded, uint64_t address, size_t length)
{
	for (size_t i = 0; i < recorded->count; i++) {
		const struct target_mapping *mapping = &recorded->mappings[i];
		if (recorded->bytes[i] && address >= mapping->start && address < mapping->end &&
		    length <= mapping->end - address)
			return recorded->bytes[i] + (address - mapping->start);
	}
	return NULL;
}

uint8_t *recorded_word(const struct recorded *recorded, uint64_t address)
{
	return (uint8_t *)(uintptr_t)bytes_at(recorded, address, sizeof(uint64_t));
}

static struct error *read_ranges(struct target *target, struct target_range *ranges, size_t count)
{
	struct recorded *recorded = (struct recorded *)target;
	for (size_t i = 0; i < count; i++) {
		struct target_range *range = &ranges[i];
		const uint8_t *bytes = bytes_at(recorded, range->address, range->length);
		range->done = bytes != NULL;
		if (bytes)
			memcpy(range->into, bytes, range->length);
		struct target_extent extent = { range->address, range->address + range->length };
		if (bytes && recorded->noting)
			TRY(extent_vector_append(&recorded->reads, &extent));
	}
	return NULL;
}

static struct error *mappings(struct target *target, const struct target_mapping **ret,
			      size_t *ret_count)
{
	const struct recorded *recorded = (const struct recorded *)target;
	*ret = recorded->mappings;
	*ret_count = recorded->count;
	return NULL;
}

static struct error *open_file(struct target *target, const struct target_mapping *mapping,
			       int *ret)
{
	(void)target;
	int descriptor = open(mapping->path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return error_os(errno, "cannot open %s", mapping->path);
	*ret = descriptor;
	return NULL;
}

static uint64_t now(const struct target *target)
{
	(void)target;
	return (uint64_t)1 << 60;
}

static void destroy(struct target *target)
{
	struct recorded *recorded = (struct recorded *)target;
	for (size_t i = 0; i < recorded->count; i++) {
		free((void *)(uintptr_t)recorded->mappings[i].path);
		free(recorded->bytes[i]);
	}
	extent_vector_deinit(&recorded->reads);
	free(recorded->mappings);
	free(recorded->bytes);
	free(recorded);
}

static const struct target_operations operations = {
	.read_ranges = read_ranges,
	.mappings = mappings,
	.open_file = open_file,
	.now = now,
	.destroy = destroy,
};

void recorded_destroy(struct recorded *recorded)
{
	if (recorded)
		destroy(&recorded->target);
}

/* Page by page: behind the end of a file there are none. */
static void read_mapping(struct target *from, struct recorded *recorded, size_t i)
{
	const struct target_mapping *mapping = &recorded->mappings[i];
	uint64_t size = mapping->end - mapping->start;
	if (!mapping->readable || size > MAPPING_MAX)
		return;
	uint8_t *bytes = calloc(1, size);
	bool any = false;
	for (uint64_t at = 0; bytes && at < size; at += PAGE)
		any |= error_ignore(target_read(from, mapping->start + at, bytes + at, PAGE));
	recorded->size += any ? size : 0;
	recorded->bytes[i] = any ? bytes : NULL;
	if (!any)
		free(bytes);
}

struct error *recorded_open(pid_t pid, struct recorded **ret)
{
	_cleanup_(target_cleanup) struct target *from = NULL;
	_cleanup_(recorded_cleanup) struct recorded *recorded = calloc(1, sizeof(*recorded));
	const struct target_mapping *list;
	size_t count;
	TRY(process_open(pid, &from));
	TRY(target_stop(from));
	TRY(target_mappings(from, &list, &count));
	if (!recorded)
		return error_no_memory();
	recorded->target = (struct target){ &operations, (char *)(uintptr_t) "recorded" };
	recorded->mappings = calloc(count, sizeof(*recorded->mappings));
	recorded->bytes = calloc(count, sizeof(*recorded->bytes));
	if (!recorded->mappings || !recorded->bytes)
		return error_no_memory();
	for (; recorded->count < count; recorded->count++) {
		size_t i = recorded->count;
		recorded->mappings[i] = list[i];
		recorded->mappings[i].path = strdup(list[i].path);
		read_mapping(from, recorded, i);
	}
	target_release(from, NULL);
	*ret = TAKE_PTR(recorded);
	return NULL;
}

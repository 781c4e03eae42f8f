/* SPDX-License-Identifier: Apache-2.0 */
#include "target/maps.h"

#include <string.h>
#include <sys/sysmacros.h>

#define MAPS_LIMIT ((size_t)1 << 30)
#define DELETED    " (deleted)"

/*
 * c0000000-c0004000 rw-p 00001000 fe:00 12345      /path (deleted)
 *
 * All of it is the kernel's but the path, whose newlines the kernel escapes.
 */
static bool line_parse(char *line, struct target_mapping *ret)
{
	char *position = line;
	struct target_mapping mapping = { 0 };

	mapping.start = strtoull(position, &position, 16);
	if (*position != '-')
		return false;
	mapping.end = strtoull(position + 1, &position, 16);
	if (*position != ' ' || strlen(position) < 6 || mapping.end < mapping.start)
		return false;
	position++;
	mapping.readable = position[0] == 'r';
	mapping.writable = position[1] == 'w';
	mapping.executable = position[2] == 'x';
	mapping.shared = position[3] == 's';
	mapping.offset = strtoull(position + 4, &position, 16);
	unsigned long major_number = strtoul(position, &position, 16);
	if (*position != ':')
		return false;
	unsigned long minor_number = strtoul(position + 1, &position, 16);
	mapping.device = makedev((unsigned)major_number, (unsigned)minor_number);
	mapping.inode = strtoull(position, &position, 10);
	position += strspn(position, " ");

	size_t length = strlen(position), suffix = strlen(DELETED);
	if (length > suffix && memcmp(position + length - suffix, DELETED, suffix) == 0) {
		position[length - suffix] = '\0';
		mapping.deleted = true;
	}
	mapping.path = position;
	*ret = mapping;
	return true;
}

struct error *maps_parse(struct file_bytes *text, struct maps *ret)
{
	_cleanup_(maps_deinit) struct maps maps = { .text = *text };
	*text = (struct file_bytes){ 0 };

	char *line = (char *)maps.text.bytes;
	while (line && *line) {
		char *newline = strchr(line, '\n');
		if (newline)
			*newline = '\0';
		struct target_mapping mapping;
		if (!line_parse(line, &mapping))
			return error_new(ERROR_CORRUPT, "/proc/PID/maps: not understood: \"%s\"",
					 line);
		TRY(mapping_vector_append(&maps.mappings, &mapping));
		line = newline ? newline + 1 : NULL;
	}
	*ret = maps;
	maps = (struct maps){ 0 };
	return NULL;
}

struct error *maps_read(int descriptor, struct maps *ret)
{
	struct file_bytes text = { 0 };
	TRY(file_read_descriptor(descriptor, "/proc/PID/maps", MAPS_LIMIT, &text));
	return maps_parse(&text, ret);
}

const struct target_mapping *maps_find(const struct maps *maps, uint64_t address)
{
	size_t low = 0, high = maps->mappings.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct target_mapping *mapping = &maps->mappings.items[middle];
		if (address < mapping->start)
			high = middle;
		else if (address >= mapping->end)
			low = middle + 1;
		else
			return mapping;
	}
	return NULL;
}

void maps_deinit(struct maps *maps)
{
	mapping_vector_deinit(&maps->mappings);
	file_bytes_deinit(&maps->text);
}

/* SPDX-License-Identifier: Apache-2.0 */

/*
 * forge_index FILE SECTION ITEM OFFSET BYTES VALUE: change so many bytes of an item of an index,
 * and make its checksums right again. ITEM may be negative, from the end; SECTION -1 is the
 * header. Status 2 where there is no such item.
 *
 * forge_index FILE: the sections, one a line: number, items, bytes of an item.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap/index_private.h"

static uint8_t *bytes;
static size_t size;

static int list(const struct index_header *header)
{
	for (size_t i = 0; i < INDEX_SECTION_COUNT; i++)
		printf("%zu %" PRIu64 " %" PRIu64 "\n", i, header->sections[i].count,
		       header->sections[i].item_size);
	return 0;
}

static int forge(struct index_header *header, char **words)
{
	long number = strtol(words[0], NULL, 10), item = strtol(words[1], NULL, 10);
	size_t offset = strtoul(words[2], NULL, 10), length = strtoul(words[3], NULL, 10);
	uint64_t value = strtoull(words[4], NULL, 0);
	uint8_t *at = bytes + offset;
	if (number >= 0) {
		struct index_section *section = &header->sections[number];
		long count = (long)section->count;
		item = item < 0 ? item + count : item;
		if (item < 0 || item >= count)
			return 2;
		at += section->offset + (uint64_t)item * section->item_size;
	}
	memcpy(at, &value, length);
	if (number >= 0) {
		struct index_section *section = &header->sections[number];
		section->checksum = index_checksum(bytes + section->offset,
						   section->count * section->item_size);
	}
	header->checksum = index_checksum(header, offsetof(struct index_header, checksum));
	return 0;
}

int main(int count, char **arguments)
{
	FILE *file = count == 2 || count == 7 ? fopen(arguments[1], "r+b") : NULL;
	if (!file || fseek(file, 0, SEEK_END))
		return 1;
	size = (size_t)ftell(file);
	rewind(file);
	bytes = malloc(size);
	if (!bytes || size < HEAP_INDEX_PAGE || fread(bytes, 1, size, file) != size)
		return 1;
	struct index_header *header = (struct index_header *)(void *)bytes;
	int status = count == 2 ? list(header) : forge(header, arguments + 2);
	rewind(file);
	if (!status && count > 2 && fwrite(bytes, 1, size, file) != size)
		status = 1;
	return fclose(file) ? 1 : status;
}

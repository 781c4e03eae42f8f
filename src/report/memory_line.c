/* SPDX-License-Identifier: Apache-2.0 */
#include "report/memory_line.h"

#include <stdio.h>
#include <stdlib.h>

#include "model/quantity.h"

/* What is less than this share of the whole is told as "other". */
#define SMALL_PERCENT 2

struct rounded_memory {
	const char *unit;
	int64_t divisor;
	int64_t total;
	int64_t parts[MEMORY_PART_COUNT];
};

static struct rounded_memory memory_round(const struct runtime_memory *memory)
{
	struct rounded_memory rounded;
	rounded.unit = quantity_unit(memory->resident, &rounded.divisor);
	rounded.total = quantity_round_parts(memory->parts, MEMORY_PART_COUNT, rounded.divisor,
					     rounded.parts);
	return rounded;
}

static const char *memory_count(int64_t count, char ret[static QUANTITY_SIZE])
{
	if (count >= 0)
		return quantity_count((uint64_t)count, ret);
	char digits[QUANTITY_SIZE];
	snprintf(ret, QUANTITY_SIZE, "-%.40s", quantity_count((uint64_t)-count, digits));
	return ret;
}

void memory_line(const struct runtime_memory *memory, struct writer *writer)
{
	char text[QUANTITY_SIZE];
	struct rounded_memory rounded = memory_round(memory);
	int64_t other = 0;
	bool any = false;
	writer_printf(writer, "memory %s", memory_count(rounded.total, text));
	if (memory->cgroup.limit >= memory->resident && memory->cgroup.limit != INT64_MAX)
		writer_printf(writer, " of %s",
			      memory_count(memory->cgroup.limit / rounded.divisor, text));
	writer_printf(writer, " %s: ", rounded.unit);
	for (int i = 0; i < MEMORY_PART_COUNT; i++) {
		int64_t part = rounded.parts[i];
		/* What lives is what a leak is made of: always told. */
		if (i != MEMORY_LIVE && llabs(part) * 100 < rounded.total * SMALL_PERCENT) {
			other += part;
			continue;
		}
		writer_printf(writer, "%s%s %s", any ? ", " : "",
			      memory_part_name((enum memory_part)i), memory_count(part, text));
		any = true;
	}
	if (other)
		writer_printf(writer, ", other %s", memory_count(other, text));
	if (memory->swapped > 0)
		writer_printf(writer, " · %s swapped out", quantity_bytes(memory->swapped, text));
	writer_char(writer, '\n');
}

static const char *memory_phrase(enum memory_part part)
{
	switch (part) {
	case MEMORY_LIVE:
		return "live objects";
	case MEMORY_SINCE_GC:
		return "objects made since the last collection";
	case MEMORY_GARBAGE:
		return "garbage";
	case MEMORY_FRAGMENTS:
		return "fragmentation";
	case MEMORY_FREE:
		return "free";
	case MEMORY_STACKS:
		return "goroutine stacks";
	case MEMORY_RUNTIME:
		return "the Go runtime's own";
	case MEMORY_BINARY:
		return "the executable's";
	case MEMORY_LIBRARIES:
		return "shared libraries'";
	case MEMORY_NOT_GO:
		return "not Go's";
	case MEMORY_FILES:
		return "mapped files";
	default:
		return "unexplained";
	}
}

void memory_line_verdict(const struct runtime_memory *memory, struct writer *writer)
{
	char part[QUANTITY_SIZE], total[QUANTITY_SIZE];
	struct rounded_memory rounded = memory_round(memory);
	int largest = 0;
	for (int i = 1; i < MEMORY_PART_COUNT; i++) {
		if (memory->parts[i] > memory->parts[largest])
			largest = i;
	}
	/* Objects can take more than is resident: pages that nobody has written to yet. */
	if (memory->parts[largest] > memory->resident)
		return;
	/* Of a small process that is most of it, and nothing to think about. */
	if (largest == MEMORY_BINARY || largest == MEMORY_LIBRARIES || largest == MEMORY_RUNTIME)
		return;
	writer_printf(writer, "; %s of its %s %s are %s",
		      memory_count(rounded.parts[largest], part),
		      memory_count(rounded.total, total), rounded.unit,
		      memory_phrase((enum memory_part)largest));
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_PCLNTAB_PRIVATE_H
#define DOWSE_BINARY_PCLNTAB_PRIVATE_H

#include <string.h>

#include "base/map.h"
#include "binary/pclntab.h"

/* Names that have been met, so that looking for twenty functions walks the table once. */
struct pclntab_names {
	struct map by_hash; /* hash of the name -> index of the function */
	size_t walked;      /* functions before this index are in the map */
};

/* Offsets count from the table's first byte; each part is taken to reach to the table's end. */
struct pclntab {
	struct pclntab_options options;
	struct pclntab_text_section *text_sections;
	bool old; /* 1.18 and 1.19: no start lines, inline records of 20 bytes */
	uint32_t quantum;
	size_t function_count;
	uint64_t names;
	uint64_t units; /* what a unit's file numbers stand for: offsets into files */
	uint64_t files;
	uint64_t values;    /* the tables by pc */
	uint64_t functions; /* functab, records */
	struct pclntab_names *found;
};

/* Little numbers at an offset, which must have been checked. */
static inline uint32_t pclntab_u32(const struct pclntab *table, uint64_t offset)
{
	uint32_t value;
	memcpy(&value, table->options.bytes + offset, sizeof(value));
	return value;
}

static inline bool pclntab_has(const struct pclntab *table, uint64_t offset, uint64_t size)
{
	return offset <= table->options.size && size <= table->options.size - offset;
}

/* The string at an offset into one of the parts; NULL when it does not end within the table. */
const char *pclntab_string(const struct pclntab *table, uint64_t part, uint32_t offset);

/* Value of the table by pc at that offset into `values`; -1 where there is none. */
int32_t pclntab_value(const struct pclntab *table, uint32_t offset, uint64_t entry, uint64_t pc);

/* A 32-bit member of the function's record. */
enum function_member {
	FUNCTION_ENTRY = 0,
	FUNCTION_NAME = 4,
	FUNCTION_ARGUMENTS = 8,
	FUNCTION_DEFER_RETURN = 12,
	FUNCTION_SP_TABLE = 16,
	FUNCTION_FILE_TABLE = 20,
	FUNCTION_LINE_TABLE = 24,
	FUNCTION_PCDATA_COUNT = 28,
	FUNCTION_UNIT = 32,
	FUNCTION_START_LINE = 36, /* 1.20 and later */
};

static inline uint32_t function_member(const struct function *function, enum function_member member)
{
	return pclntab_u32(function->table, function->record + (uint64_t)member);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_PCLNTAB_H
#define DOWSE_BINARY_PCLNTAB_H

#include "base/error.h"

/*
 * Go's own table of functions and lines, which is in every binary, stripped or not; Go 1.18 and
 * later. Addresses are those of the process.
 */
struct pclntab;

struct pclntab_options {
	const uint8_t *bytes; /* borrowed */
	size_t size;          /* at least to the end of the table; more does no harm */
	uint64_t address;     /* where the table lies, for errors */
	const char *name;     /* of the file, for errors; borrowed */
	uint64_t text;        /* moduledata.text, loaded: function offsets count from here */
	uint64_t text_end;    /* moduledata.etext */
	int minor;            /* the release: 19 for go1.19 */
	/* Funcdata: offsets count from gofunc; these bytes are the module's read-only data there. */
	const uint8_t *gofunc;
	size_t gofunc_size;
	uint64_t gofunc_address;
	/* Where text is in several pieces (moduledata.textsectmap): offset, end, base; else 0. */
	const struct pclntab_text_section {
		uint64_t offset;
		uint64_t end;
		uint64_t base;
	} * text_sections;
	size_t text_section_count;
};

struct error *pclntab_open(const struct pclntab_options *options, struct pclntab **ret) must_use;
void pclntab_destroy(struct pclntab *table);

/* One function: a view, valid as long as its table. */
struct function {
	const struct pclntab *table;
	const char *name; /* as linked: generics with all their type arguments */
	uint64_t entry;
	uint64_t end;       /* entry of the next one */
	int32_t start_line; /* 0 before 1.20 */
	uint8_t func_id;
	uint8_t flags;   /* FUNCTION_... */
	uint32_t record; /* offset of its record: identifies the function in its table */
};

#define FUNCTION_TOP_FRAME 1
#define FUNCTION_SP_WRITE  2

size_t pclntab_function_count(const struct pclntab *table);
/* False for an index past the end or a record that is damaged. */
bool pclntab_function_at(const struct pclntab *table, size_t index, struct function *ret);
bool pclntab_find(const struct pclntab *table, uint64_t pc, struct function *ret);
bool pclntab_find_named(const struct pclntab *table, const char *name, struct function *ret);

/* Stack bytes between sp and the return address (amd64: CFA = sp + this + 8); -1 when unknown. */
int32_t function_sp_delta(const struct function *function, uint64_t pc);

/* Where the piece of code begins that pc is in and that is of one line: with an instruction. */
uint64_t function_line_begin(const struct function *function, uint64_t pc);

/* Value of one of the numbered tables at pc; -1 where there is none. */
int32_t function_pcdata(const struct function *function, unsigned table, uint64_t pc);

#define FUNCTION_ARGUMENTS_UNKNOWN INT32_MIN

/* Bytes of arguments and results on the caller's stack; or that its caller alone knows. */
int32_t function_arguments_size(const struct function *function);

/* Where it goes on after a panic that was recovered, in front of a call; 0: it cannot. */
uint64_t function_defer_return(const struct function *function);

/* Bytes of one of the function's data blocks, up to the end of what is known; NULL without one. */
const uint8_t *function_data(const struct function *function, unsigned index, size_t *ret_size);
/* Its address in the process; 0 without one. */
uint64_t function_data_address(const struct function *function, unsigned index);

/* A position in the source. Strings belong to the table. */
struct function_line {
	const char *function;
	const char *file; /* "?" when unknown */
	int32_t line;     /* 0 when unknown */
	int32_t start_line;
	uint8_t func_id;
	bool inlined; /* into the next one */
	uint64_t pc;  /* whose position this is: for an outer frame that of the inlined call */
};

#define FUNCTION_LINES_MAX 64

/*
 * What pc stands for: the innermost inlined call first, the function itself last. `ret` holds
 * FUNCTION_LINES_MAX; at least one is filled. pc is used as it is: for a return address pass pc-1.
 */
size_t function_lines(const struct function *function, uint64_t pc, struct function_line *ret);

static inline void pclntab_cleanup(struct pclntab **table)
{
	pclntab_destroy(*table);
}

#endif

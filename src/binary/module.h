/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_MODULE_H
#define DOWSE_BINARY_MODULE_H

#include "binary/build_info.h"
#include "binary/elf.h"
#include "binary/layout.h"
#include "binary/pclntab.h"
#include "target/target.h"

/*
 * A Go module as linked and loaded: the executable, a plugin, or a shared object with Go in it.
 * What the linker left in moduledata, with addresses of the process.
 */
struct module {
	struct elf *elf;     /* the file, or its image in memory */
	struct elf *debug;   /* its symbols and debug information apart, or NULL */
	bool debug_is_lent;  /* by another binary */
	uint64_t bias;       /* address in the process minus address in the file */
	uint64_t moduledata; /* address of runtime.firstmoduledata or its like */
	struct pclntab *functions;
	uint64_t pclntab_address;
	uint64_t text, text_end;
	uint64_t noptrdata, noptrdata_end;
	uint64_t data, data_end;
	uint64_t bss, bss_end;
	uint64_t noptrbss, noptrbss_end;
	uint64_t types, types_end;
	uint64_t rodata;
	uint64_t gofunc;
	struct module_mask {
		uint64_t words; /* a bit each: set where the collector looks for pointers */
		uint64_t bits;  /* where they lie, lowest bit first */
	} data_mask, bss_mask;
	uint64_t next; /* the next module's moduledata */
};

/* Everything Go in one process that belongs to one runtime; modules[0] is where the runtime is. */
struct binary {
	struct target *target; /* borrowed */
	struct build_info build_info;
	char *release; /* "go1.26.8", experiments included when the binary names them */
	int minor;     /* 26 */
	struct layout layout;
	enum layout_source {
		LAYOUT_FROM_TABLE,
		LAYOUT_FROM_DWARF,   /* what is not described there: as in `layout_release` */
		LAYOUT_FROM_NEAREST, /* a guess: `layout_release` says whose */
	} layout_source;
	char *layout_release; /* of the table's releases, the one that was used */
	struct module *modules;
	size_t module_count;
	size_t other_runtimes; /* more of them in the process, each with its own goroutines */
};

/*
 * Find the Go modules in the target's mappings. ERROR_NOT_GO when there is none;
 * ERROR_UNSUPPORTED before Go 1.19.
 */
struct error *binary_open(struct target *target, struct binary **ret) must_use;
void binary_destroy(struct binary *binary);

/*
 * What a file of a moment has no debug information for, another file of the same process may have:
 * the lender's is used, too, and must live longer. Only where both are of one build, at one place.
 */
void binary_borrow_debug(struct binary *binary, const struct binary *lender);

/* The module whose text has pc; NULL when none. */
const struct module *binary_module(const struct binary *binary, uint64_t pc);
/* The function at pc in whichever module. */
bool binary_function(const struct binary *binary, uint64_t pc, struct function *ret);

/*
 * Read-only bytes at an address of the process, out of the file; NULL where the file has none.
 * (Data that is written at run time must be read from the target.)
 */
const uint8_t *binary_bytes_at(const struct binary *binary, uint64_t address, size_t size);

/* Addresses in the process of symbols, when there is a symbol table (see elf_find_symbols). */
struct error *binary_find_symbols(const struct binary *binary, struct elf_symbol *symbols,
				  size_t count) must_use;

static inline void binary_cleanup(struct binary **binary)
{
	binary_destroy(*binary);
}

#endif

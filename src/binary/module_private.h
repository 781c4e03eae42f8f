/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_MODULE_PRIVATE_H
#define DOWSE_BINARY_MODULE_PRIVATE_H

#include "base/vector.h"
#include "binary/module.h"

/* An ELF file with Go in it, and where the process has it loaded. Owns the file. */
struct loaded_file {
	struct elf *elf;
	uint64_t bias;
};

DEFINE_VECTOR(loaded_file_vector, struct loaded_file);

/* Every Go file among the mappings, by rising address. */
struct error *loaded_files_find(struct target *target, struct loaded_file_vector *ret) must_use;
void loaded_files_deinit(struct loaded_file_vector *files);

/* The image of a file that cannot be opened, out of memory; `start` is where its header lies. */
struct error *loaded_image_read(struct target *target, uint64_t start, const char *name,
				struct elf **ret) must_use;

/* What moduledata says beyond struct module. */
struct module_facts {
	bool has_main;
};

/*
 * Find a file's moduledata in memory, and read it. *ret gets everything but the file itself, which
 * stays the caller's. ERROR_NOT_FOUND when there is none that agrees with the table of functions.
 */
struct error *module_read(struct target *target, const struct loaded_file *file,
			  const struct layout *layout, int minor, struct module *ret,
			  struct module_facts *ret_facts) must_use;

/* Where a table of functions may lie in a file: addresses of the file. */
struct pclntab_place {
	uint64_t address;
	const uint8_t *bytes;
	size_t size;
};

/* The next candidate behind *after (0: the first). False when there is no more. */
struct pclntab_search {
	struct elf *elf;
	unsigned stage;
	uint64_t reached;
};

bool pclntab_search_next(struct pclntab_search *search, struct pclntab_place *ret);

/* The release as the runtime itself has it (runtime.buildVersion), for a file without build information. */
struct error *module_release_from_memory(struct target *target, const struct module *module,
					 char **ret) must_use;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BINARY_BUILD_INFO_H
#define DOWSE_BINARY_BUILD_INFO_H

#include "base/arena.h"
#include "binary/elf.h"

struct build_module {
	const char *path;
	const char *version; /* "(devel)" for the main one; "" when unknown */
	const char *sum;
	const char *replaced_by; /* "path version", or NULL */
};

struct build_setting {
	const char *key; /* "-ldflags", "GOEXPERIMENT", "vcs.revision", ... */
	const char *value;
};

/* What `go version -m` prints. Strings live in the arena. */
struct build_info {
	struct arena arena;
	const char *release;      /* "go1.26.8", "go1.25.5 X:greenteagc"; NULL when there is none */
	const char *path;         /* of the main package; NULL when unknown */
	struct build_module main; /* path NULL when unknown */
	struct build_module *modules;
	size_t module_count;
	struct build_setting *settings;
	size_t setting_count;
};

/* Read it from the file. ERROR_NOT_GO when the file holds none. */
struct error *build_info_read(struct elf *elf, struct build_info *ret) must_use;
void build_info_deinit(struct build_info *info);

/* NULL when it was not set. */
const char *build_info_setting(const struct build_info *info, const char *key);

#endif

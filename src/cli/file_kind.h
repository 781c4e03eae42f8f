/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_FILE_KIND_H
#define DOWSE_CLI_FILE_KIND_H

#include "base/decompress.h"

/* What a file is, by its first bytes: KIND(id, "a core file"), as messages name it. */
#define FILE_KINDS(KIND)                                                                           \
	KIND(EMPTY, "empty")                                                                       \
	KIND(CORE, "a core file")                                                                  \
	KIND(SNAPSHOT, "a snapshot")                                                               \
	KIND(PROFILE, "a profile")                                                                 \
	KIND(EXECUTABLE, "an executable or a library")                                             \
	KIND(XZ, "compressed by xz")                                                               \
	KIND(BZIP2, "compressed by bzip2")                                                         \
	KIND(ARCHIVE, "an archive")                                                                \
	KIND(TEXT, "text")                                                                         \
	KIND(OTHER, "no file that dowse knows")

enum file_kind {
#define KIND(id, name) FILE_##id,
	FILE_KINDS(KIND)
#undef KIND
};

const char *file_kind_name(enum file_kind kind);

/* By as many first bytes as there are. */
enum file_kind file_kind_of(const void *bytes, size_t size);

/*
 * Open a regular file to read it, and say what it is, or what it is when it is decompressed. A
 * folder, a pipe, a device or what may not be read is an error in words; nothing is waited for.
 */
struct error *file_kind_open(const char *path, int *ret, enum file_kind *ret_kind,
			     enum compression *ret_compression) must_use;

/* The same of a file that is open. */
struct error *file_kind_of_descriptor(int file, const char *path, enum file_kind *ret_kind,
				      enum compression *ret_compression) must_use;

#endif

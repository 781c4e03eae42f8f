/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_FILE_H
#define DOWSE_BASE_FILE_H

#include "base/error.h"

/* A file's bytes, mapped read-only or owned. All zeroes is an empty one. */
struct file_bytes {
	const uint8_t *bytes;
	size_t size;
	bool mapped;
};

/*
 * The whole of a small file whose size is not known before (in /proc), NUL-terminated behind its
 * `size` bytes. A file of more than `limit` bytes is an error.
 */
struct error *file_read(const char *path, size_t limit, struct file_bytes *ret) must_use;

/* The same for an open descriptor, from its present position. */
struct error *file_read_descriptor(int descriptor, const char *name, size_t limit,
				   struct file_bytes *ret) must_use;

/* Map a regular file. An empty file yields size 0. The descriptor stays the caller's. */
struct error *file_map(int descriptor, const char *name, struct file_bytes *ret) must_use;

/*
 * When an open file was made, in nanoseconds since 1970: its birth or its last change, whichever
 * is earlier, since copying a file changes one of them. 0 when it is not known.
 */
uint64_t file_written_unix_ns(int descriptor);

/* The only path by which a confined process may call statx: that of the descriptor itself. */
extern const char file_itself[];

void file_bytes_deinit(struct file_bytes *file);

/* Is there something of that name? From an open folder on, or AT_FDCWD. */
bool file_exists_at(int directory, const char *path);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_SPOOL_H
#define DOWSE_BASE_SPOOL_H

#include "base/decompress.h"

/*
 * A compressed file can be read from its beginning alone. To read it in any order it is
 * decompressed into a file without a name, which is gone when dowse ends, however it ends. Pages
 * of zeroes become holes.
 */
struct spool_options {
	const char *folder; /* NULL: $TMPDIR, else /var/tmp, else /tmp */
};

struct spool_result {
	int descriptor;
	uint64_t size;
	char problem[160]; /* why there is not all of it; "" when there is */
};

/* An empty file without a name, to be written and read. `name` is what will be in it, for errors. */
struct error *spool_open(const struct spool_options *options, const char *name, int *ret) must_use;

/*
 * From the descriptor's beginning, wherever it stands. Bytes that are damaged or missing end the
 * copy, which is no error: what came before is there. ERROR_LIMIT when the folder's file system
 * has not got the room; it says how to give another one.
 */
struct error *spool_decompress(int descriptor, const char *name, enum compression compression,
			       const struct spool_options *options, struct spool_result *ret)
	must_use;

/* The first bytes of what is compressed, to see what it is; *ret_size may be less than `size`. */
struct error *spool_peek(int descriptor, const char *name, enum compression compression, void *into,
			 size_t size, size_t *ret_size) must_use;

#endif

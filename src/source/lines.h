/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_SOURCE_LINES_H
#define DOWSE_SOURCE_LINES_H

#include "base/file.h"

/* Go files are read up to this size; more than that no person has written. */
#define SOURCE_SIZE_MAX ((size_t)16 << 20)

/* A Go file, and where its lines begin. It is a stranger's text: anything may stand in it. */
struct source_lines {
	struct file_bytes text;
	uint32_t *starts; /* `count` of them */
	size_t count;
	int64_t changed_ns; /* since 1970 */
};

/* A line without its end. */
struct source_line {
	const char *bytes;
	size_t length;
};

/*
 * Read a regular file, and nothing else: neither a device nor a pipe is opened to wait for it.
 * ERROR_UNSUPPORTED where it is no text.
 */
struct error *source_lines_read(const char *path, struct source_lines *ret) must_use;

/* The same of bytes that somebody has; takes them over, in any case. */
struct error *source_lines_of(struct file_bytes *text, struct source_lines *ret) must_use;

/* Lines count from 1; empty beyond the last. */
struct source_line source_line(const struct source_lines *lines, size_t number);

void source_lines_deinit(struct source_lines *lines);

#endif

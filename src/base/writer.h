/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_BASE_WRITER_H
#define DOWSE_BASE_WRITER_H

#include <stdarg.h>

#include "base/error.h"

/*
 * Buffered output into a file descriptor, or into memory when the descriptor is -1. The first
 * failure is remembered and ends all writing; writer_finish() reports it, so the calls between
 * need no checks.
 */
struct writer {
	int descriptor;
	char *bytes;
	size_t length;
	size_t capacity;
	int os_error; /* of the first failure; 0 while all is well */
};

#define WRITER_TO_MEMORY         ((struct writer){ .descriptor = -1 })
#define WRITER_TO_DESCRIPTOR(fd) ((struct writer){ .descriptor = (fd) })

void writer_bytes(struct writer *writer, const void *bytes, size_t length);
void writer_string(struct writer *writer, const char *string);
void writer_char(struct writer *writer, char c);
void writer_blanks(struct writer *writer, size_t count);
void writer_unsigned(struct writer *writer, uint64_t value);
void writer_signed(struct writer *writer, int64_t value);
void writer_hex(struct writer *writer, uint64_t value); /* 0x1f */
void writer_printf(struct writer *writer, const char *format, ...) printf_like(2, 3);
void writer_vprintf(struct writer *writer, const char *format, va_list arguments) printf_like(2, 0);

/* Write out what is buffered; the first failure of the writer's life. A closed pipe is one too. */
struct error *writer_finish(struct writer *writer) must_use;

/* What was written into memory, NUL-terminated and owned by the writer; NULL if memory ran out. */
const char *writer_text(struct writer *writer);

void writer_deinit(struct writer *writer);

#endif

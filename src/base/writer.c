/* SPDX-License-Identifier: Apache-2.0 */
#include "base/writer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WRITER_BUFFER ((size_t)64 << 10)

static void writer_flush(struct writer *writer)
{
	size_t done = 0;
	while (done < writer->length && !writer->os_error) {
		ssize_t n = write(writer->descriptor, writer->bytes + done, writer->length - done);
		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			writer->os_error = errno;
	}
	writer->length = 0;
}

/* Room for `length` more bytes, or false and the failure remembered. */
static bool writer_room(struct writer *writer, size_t length)
{
	if (writer->os_error)
		return false;
	if (writer->descriptor >= 0 && writer->length && length > writer->capacity - writer->length)
		writer_flush(writer);
	if (length <= writer->capacity - writer->length)
		return !writer->os_error;

	size_t capacity = MAX(writer->capacity * 2, WRITER_BUFFER);
	while (capacity - writer->length < length)
		capacity *= 2;
	char *grown = realloc(writer->bytes, capacity);
	if (!grown) {
		writer->os_error = ENOMEM;
		return false;
	}
	writer->bytes = grown;
	writer->capacity = capacity;
	return !writer->os_error;
}

void writer_bytes(struct writer *writer, const void *bytes, size_t length)
{
	if (!length || !writer_room(writer, length))
		return;
	memcpy(writer->bytes + writer->length, bytes, length);
	writer->length += length;
}

void writer_string(struct writer *writer, const char *string)
{
	writer_bytes(writer, string, strlen(string));
}

void writer_char(struct writer *writer, char c)
{
	writer_bytes(writer, &c, 1);
}

void writer_blanks(struct writer *writer, size_t count)
{
	for (size_t i = 0; i < count; i++)
		writer_char(writer, ' ');
}

static void writer_number(struct writer *writer, uint64_t value, unsigned base)
{
	char digits[24];
	size_t at = sizeof(digits);
	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	writer_bytes(writer, digits + at, sizeof(digits) - at);
}

void writer_unsigned(struct writer *writer, uint64_t value)
{
	writer_number(writer, value, 10);
}

void writer_signed(struct writer *writer, int64_t value)
{
	if (value < 0)
		writer_char(writer, '-');
	writer_number(writer, value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

void writer_hex(struct writer *writer, uint64_t value)
{
	writer_bytes(writer, "0x", 2);
	writer_number(writer, value, 16);
}

void writer_vprintf(struct writer *writer, const char *format, va_list arguments)
{
	va_list again;
	va_copy(again, arguments);
	int length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0 || !writer_room(writer, (size_t)length + 1))
		return;
	vsnprintf(writer->bytes + writer->length, (size_t)length + 1, format, arguments);
	writer->length += (size_t)length;
}

void writer_printf(struct writer *writer, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	writer_vprintf(writer, format, arguments);
	va_end(arguments);
}

struct error *writer_finish(struct writer *writer)
{
	if (writer->descriptor >= 0 && !writer->os_error)
		writer_flush(writer);
	if (writer->os_error == ENOMEM)
		return error_no_memory();
	if (writer->os_error)
		return error_os(writer->os_error, "cannot write the output");
	return NULL;
}

const char *writer_text(struct writer *writer)
{
	if (!writer_room(writer, 1))
		return NULL;
	writer->bytes[writer->length] = '\0';
	return writer->bytes;
}

void writer_deinit(struct writer *writer)
{
	free(writer->bytes);
	*writer = WRITER_TO_MEMORY;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "source/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static struct error *index_lines(struct source_lines *lines)
{
	const uint8_t *bytes = lines->text.bytes;
	size_t size = lines->text.size, count = 1;
	for (size_t i = 0; i < size; i++)
		count += bytes[i] == '\n';
	lines->starts = calloc(count, sizeof(*lines->starts));
	if (!lines->starts)
		return error_no_memory();
	lines->count = 1;
	for (size_t i = 0; i + 1 < size; i++) {
		if (bytes[i] == '\n')
			lines->starts[lines->count++] = (uint32_t)i + 1;
	}
	return NULL;
}

struct error *source_lines_of(struct file_bytes *text, struct source_lines *ret)
{
	struct source_lines lines = { .text = *text };
	struct error *error = NULL;
	*text = (struct file_bytes){ 0 };
	if (lines.text.size > SOURCE_SIZE_MAX)
		error = error_new(ERROR_LIMIT, "too large for Go source");
	else if (!lines.text.size || memchr(lines.text.bytes, '\0', lines.text.size))
		error = error_new(ERROR_UNSUPPORTED, "no Go source");
	else
		error = index_lines(&lines);
	if (error)
		source_lines_deinit(&lines);
	else
		*ret = lines;
	return error;
}

struct error *source_lines_read(const char *path, struct source_lines *ret)
{
	_cleanup_(file_bytes_deinit) struct file_bytes text = { 0 };
	_cleanup_(close_descriptor) int file = open(path,
						    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	if (file < 0 || fstat(file, &status) < 0)
		return error_os(errno, "%s", path);
	if (!S_ISREG(status.st_mode))
		return error_new(ERROR_UNSUPPORTED, "%s is no file", path);
	TRY(file_read_descriptor(file, path, SOURCE_SIZE_MAX, &text));
	TRY(error_wrap(source_lines_of(&text, ret), "%s", path));
	ret->changed_ns = status.st_mtim.tv_sec * (int64_t)1000000000 + status.st_mtim.tv_nsec;
	return NULL;
}

struct source_line source_line(const struct source_lines *lines, size_t number)
{
	if (!number || number > lines->count)
		return (struct source_line){ "", 0 };
	const char *bytes = (const char *)lines->text.bytes + lines->starts[number - 1];
	size_t end = number < lines->count ? lines->starts[number] : lines->text.size;
	size_t length = end - lines->starts[number - 1];
	while (length && (bytes[length - 1] == '\n' || bytes[length - 1] == '\r'))
		length--;
	return (struct source_line){ bytes, length };
}

void source_lines_deinit(struct source_lines *lines)
{
	file_bytes_deinit(&lines->text);
	free(lines->starts);
	*lines = (struct source_lines){ 0 };
}

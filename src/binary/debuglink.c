/* SPDX-License-Identifier: Apache-2.0 */
#include "binary/debuglink.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdarg.h>
#include <string.h>

#include "base/cursor.h"
#include "base/file.h"

#define DEBUG_FOLDER "/usr/lib/debug"

struct link {
	const char *name;  /* "" when there is no .gnu_debuglink */
	uint32_t checksum; /* CRC-32 of the whole file */
};

/* The section has a NUL-terminated name, padding to 4 bytes, and the checksum. */
static struct link read_link(struct elf *elf)
{
	struct link link = { .name = "" };
	const uint8_t *bytes = NULL;
	size_t size = 0;
	const struct elf_section *section = elf_find_section(elf, ".gnu_debuglink");
	if (!section || !error_ignore(elf_section_bytes(elf, section, &bytes, &size)))
		return link;
	struct cursor cursor = cursor_make(bytes, size, elf_name(elf), section->offset);
	const char *name = cursor_string(&cursor);
	cursor_skip(&cursor, -(uint64_t)(cursor.position - cursor.begin) & 3);
	link.checksum = cursor_u32(&cursor);
	/* A name with a slash would lead somewhere else. */
	if (!cursor.failure && !strchr(name, '/'))
		link.name = name;
	return link;
}

static struct error *checksum_of(int descriptor, const char *path, uint32_t *ret)
{
	struct file_bytes file = { 0 };
	TRY(file_map(descriptor, path, &file));
	*ret = libdeflate_crc32(0, file.bytes, file.size);
	file_bytes_deinit(&file);
	return NULL;
}

static struct error *belongs(struct elf *elf, struct elf *debug, int descriptor,
			     const struct link *link)
{
	const char *id = elf_build_id(elf);
	uint32_t checksum = 0;
	if (*id && strcmp(id, elf_build_id(debug)) == 0)
		return NULL;
	if (!*id && *link->name) {
		TRY(checksum_of(descriptor, elf_name(debug), &checksum));
		if (checksum == link->checksum)
			return NULL;
	}
	return error_new(ERROR_NOT_FOUND, "%s belongs to another build of %s", elf_name(debug),
			 elf_name(elf));
}

/* Takes path over; NULL stands for memory that ran out. */
static struct error *try_path(struct elf *elf, const struct link *link, char *path,
			      struct elf **ret)
{
	_cleanup_(free_pointer) char *owned = path;
	if (!owned)
		return error_no_memory();
	_cleanup_(close_descriptor) int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY |
									O_NONBLOCK);
	if (descriptor < 0)
		return error_os(errno, "cannot open %s", path);
	_cleanup_(elf_cleanup) struct elf *debug = NULL;
	TRY(elf_open(descriptor, path, &debug));
	TRY(belongs(elf, debug, descriptor, link));
	*ret = TAKE_PTR(debug);
	return NULL;
}

static char *format_path(const char *format, ...) printf_like(1, 2);

static char *format_path(const char *format, ...)
{
	char *path = NULL;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&path, format, arguments);
	va_end(arguments);
	return length < 0 ? NULL : path;
}

static bool try_link(struct elf *elf, const struct link *link, const char *root, struct elf **ret)
{
	const char *name = elf_name(elf);
	const char *slash = strrchr(name, '/');
	if (!*link->name || !slash)
		return false;
	int folder = (int)(slash - name);
	char *paths[] = {
		format_path("%s%.*s/.debug/%s", root, folder, name, link->name),
		format_path("%s%s%.*s/%s", root, DEBUG_FOLDER, folder, name, link->name),
		format_path("%s%.*s/%s", root, folder, name, link->name),
	};
	bool found = false;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (found)
			free(paths[i]);
		else
			found = error_ignore(try_path(elf, link, paths[i], ret));
	}
	return found;
}

static bool try_build_id(struct elf *elf, const struct link *link, const char *root,
			 struct elf **ret)
{
	const char *id = elf_build_id(elf);
	if (strlen(id) < 3)
		return false;
	char *path = format_path("%s%s/.build-id/%.2s/%s.debug", root, DEBUG_FOLDER, id, id + 2);
	return error_ignore(try_path(elf, link, path, ret));
}

struct error *debuglink_open(struct elf *elf, const char *root, struct elf **ret)
{
	const struct link link = read_link(elf);
	if (try_build_id(elf, &link, root, ret) || try_link(elf, &link, root, ret))
		return NULL;
	return error_new(ERROR_NOT_FOUND, "%s has no separate debug information", elf_name(elf));
}

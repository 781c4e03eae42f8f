/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/file_kind.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/spool.h"
#include "profile/read.h"
#include "target/core.h"
#include "target/snapshot.h"

#define HEAD_SIZE 512

static const char *const names[] = {
#define KIND(id, name) name,
	FILE_KINDS(KIND)
#undef KIND
};

const char *file_kind_name(enum file_kind kind)
{
	return names[kind];
}

struct magic {
	size_t offset;
	size_t size;
	const char *bytes;
	enum file_kind kind;
};

static bool is_text(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] < ' ' && !strchr("\t\n\r\f\033", bytes[i]))
			return false;
		if (!bytes[i] || bytes[i] == 0x7f)
			return false;
	}
	return true;
}

enum file_kind file_kind_of(const void *bytes, size_t size)
{
	static const struct magic magics[] = {
		{ 0, SELFMAG, ELFMAG, FILE_EXECUTABLE },
		{ 0, 6,
		  "\xfd"
		  "7zXZ",
		  FILE_XZ },
		{ 0, 3, "BZh", FILE_BZIP2 },
		{ 0, 4, "PK\x03\x04", FILE_ARCHIVE },
		{ 257, 5, "ustar", FILE_ARCHIVE },
	};
	if (!size)
		return FILE_EMPTY;
	if (core_is(bytes, size))
		return FILE_CORE;
	if (snapshot_is(bytes, size))
		return FILE_SNAPSHOT;
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		const struct magic *magic = &magics[i];
		if (size >= magic->offset + magic->size &&
		    !memcmp((const uint8_t *)bytes + magic->offset, magic->bytes, magic->size))
			return magic->kind;
	}
	enum profile_kind profile = profile_kind_of(bytes, size, size < HEAD_SIZE);
	/* Goroutines as text are a dump, too, of which more can be said. */
	/* Some words of a log could be fields of a message: no profile is made of such alone. */
	if (profile == PROFILE_KIND_PROTO && is_text(bytes, size))
		profile = PROFILE_KIND_NONE;
	if (profile != PROFILE_KIND_NONE && profile != PROFILE_KIND_GOROUTINE_TEXT)
		return FILE_PROFILE;
	return is_text(bytes, size) ? FILE_TEXT : FILE_OTHER;
}

static struct error *check_regular(const char *path, mode_t mode)
{
	const char *what = S_ISFIFO(mode) ? "a pipe" : S_ISSOCK(mode) ? "a socket" : "a device";
	if (S_ISREG(mode))
		return NULL;
	if (S_ISDIR(mode))
		return error_new(ERROR_UNSUPPORTED,
				 "%s is a folder: Go source cannot be read yet; give a core file, "
				 "a PID or a process's name",
				 path);
	return error_new(ERROR_UNSUPPORTED,
			 "%s is %s, and a core must be read in any order: write it to a file first",
			 path, what);
}

struct error *file_kind_of_descriptor(int file, const char *path, enum file_kind *ret_kind,
				      enum compression *ret_compression)
{
	uint8_t head[HEAD_SIZE];
	ssize_t size = pread(file, head, sizeof(head), 0);
	if (size < 0)
		return error_os(errno, "%s", path);
	enum compression compression = compression_of(head, (size_t)size);
	size_t known = (size_t)size;
	if (compression != COMPRESSION_NONE)
		TRY(spool_peek(file, path, compression, head, sizeof(head), &known));
	*ret_kind = file_kind_of(head, known);
	*ret_compression = compression;
	return NULL;
}

struct error *file_kind_open(const char *path, int *ret, enum file_kind *ret_kind,
			     enum compression *ret_compression)
{
	struct stat status;
	/* Before it is opened: a device may do something when it is. */
	if (stat(path, &status) < 0)
		return error_os(errno, "%s", path);
	TRY(check_regular(path, status.st_mode));
	_cleanup_(close_descriptor) int file = open(path,
						    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file < 0)
		return error_os(errno, "%s", path);
	if (fstat(file, &status) < 0)
		return error_os(errno, "%s", path);
	TRY(check_regular(path, status.st_mode));
	TRY(file_kind_of_descriptor(file, path, ret_kind, ret_compression));
	*ret = TAKE_FD(file);
	return NULL;
}

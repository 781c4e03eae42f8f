/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define FILE_FIRST_READ ((size_t)4096)

struct error *file_read_descriptor(int descriptor, const char *name, size_t limit,
				   struct file_bytes *ret)
{
	_cleanup_(free_pointer) uint8_t *bytes = NULL;
	size_t size = 0, capacity = 0;

	for (;;) {
		if (size + 1 >= capacity) {
			size_t wanted = MAX(capacity * 2, FILE_FIRST_READ);
			uint8_t *grown = realloc(bytes, wanted);
			if (!grown)
				return error_no_memory();
			bytes = grown;
			capacity = wanted;
		}
		ssize_t n = read(descriptor, bytes + size, capacity - size - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_os(errno, "cannot read %s", name);
		if (n == 0)
			break;
		size += (size_t)n;
		if (size > limit)
			return error_new(ERROR_LIMIT, "%s: more than %zu bytes", name, limit);
	}
	bytes[size] = '\0';
	*ret = (struct file_bytes){ .bytes = TAKE_PTR(bytes), .size = size };
	return NULL;
}

struct error *file_read(const char *path, size_t limit, struct file_bytes *ret)
{
	_cleanup_(close_descriptor) int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return error_os(errno, "cannot open %s", path);
	return file_read_descriptor(descriptor, path, limit, ret);
}

struct error *file_map(int descriptor, const char *name, struct file_bytes *ret)
{
	struct stat status;
	if (fstat(descriptor, &status) < 0)
		return error_os(errno, "cannot look at %s", name);
	if (!S_ISREG(status.st_mode))
		return error_new(ERROR_OTHER, "%s is not a regular file", name);
	if (status.st_size == 0) {
		*ret = (struct file_bytes){ 0 };
		return NULL;
	}
	void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
	if (bytes == MAP_FAILED)
		return error_os(errno, "cannot map %s", name);
	*ret = (struct file_bytes){
		.bytes = bytes,
		.size = (size_t)status.st_size,
		.mapped = true,
	};
	return NULL;
}

void file_bytes_deinit(struct file_bytes *file)
{
	if (file->mapped)
		munmap((void *)file->bytes, file->size);
	else
		free((void *)file->bytes);
	*file = (struct file_bytes){ 0 };
}

const char file_itself[] = "";

static uint64_t earlier(uint64_t earliest, int64_t seconds, int64_t nanoseconds)
{
	if (seconds <= 0)
		return earliest;
	uint64_t ns = (uint64_t)seconds * 1000000000 + (uint64_t)nanoseconds;
	return earliest ? MIN(earliest, ns) : ns;
}

uint64_t file_written_unix_ns(int descriptor)
{
	struct statx birth;
	struct stat status;
	uint64_t earliest = 0;
	if (fstat(descriptor, &status) == 0)
		earliest = earlier(earliest, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
	if (statx(descriptor, file_itself, AT_EMPTY_PATH, STATX_BTIME, &birth) == 0 &&
	    (birth.stx_mask & STATX_BTIME))
		earliest = earlier(earliest, birth.stx_btime.tv_sec, birth.stx_btime.tv_nsec);
	return earliest;
}

bool file_exists_at(int directory, const char *path)
{
	struct stat status;
	return fstatat(directory, path, &status, 0) == 0;
}

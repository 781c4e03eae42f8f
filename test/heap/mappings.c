/* SPDX-License-Identifier: Apache-2.0 */
#include "mappings.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

size_t mappings_bytes;
size_t mappings_left = SIZE_MAX;

void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset)
{
	if (!mappings_left) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	mappings_left -= mappings_left != SIZE_MAX;
	mappings_bytes += size;
	return (void *)syscall(SYS_mmap, address, size, protection, flags, file, offset);
}

int munmap(void *address, size_t size)
{
	mappings_bytes -= size;
	return (int)syscall(SYS_munmap, address, size);
}

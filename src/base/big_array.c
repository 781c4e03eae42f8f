/* SPDX-License-Identifier: Apache-2.0 */
#include "base/big_array.h"

#include <assert.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

/* Whole pages, one at least. 0: more than there can be. */
static size_t mapped_bytes(size_t count, size_t size)
{
	size_t bytes, page = (size_t)sysconf(_SC_PAGESIZE);
	if (__builtin_mul_overflow(count, size, &bytes) ||
	    __builtin_add_overflow(bytes, page - 1, &bytes))
		return 0;
	return MAX(bytes & -page, page);
}

struct error *big_array_allocate(size_t count, size_t size, void *ret)
{
	size_t bytes = mapped_bytes(count, size);
	if (!bytes)
		return error_no_memory();
	/* What is not touched is not to count: some arrays are as large as the worst case. */
	void *items = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (items == MAP_FAILED)
		return error_no_memory();
	/* A wish: small pages do as well, slower. */
	if (bytes >= HUGE_PAGE)
		madvise(items, bytes, MADV_HUGEPAGE);
	*(void **)ret = items;
	return NULL;
}

struct error *big_array_grow(void *items, size_t count, size_t wanted, size_t size)
{
	size_t bytes = mapped_bytes(count, size), more = mapped_bytes(wanted, size);
	if (!*(void **)items)
		return big_array_allocate(wanted, size, items);
	if (!more)
		return error_no_memory();
	void *moved = mremap(*(void **)items, bytes, more, MREMAP_MAYMOVE);
	if (moved == MAP_FAILED)
		return error_no_memory();
	if (more >= HUGE_PAGE)
		madvise(moved, more, MADV_HUGEPAGE);
	*(void **)items = moved;
	return NULL;
}

void big_array_shrink(void *items, size_t count, size_t left, size_t size)
{
	size_t bytes = mapped_bytes(count, size), kept = mapped_bytes(left, size);
	/* Only what is no such array can fail; where it does not, it takes somebody else's pages. */
	int failed = kept < bytes ? munmap((char *)items + kept, bytes - kept) : 0;
	assert(!failed);
	(void)failed;
}

void big_array_free(void *items, size_t count, size_t size)
{
	int failed = items ? munmap(items, mapped_bytes(count, size)) : 0;
	assert(!failed);
	(void)failed;
}

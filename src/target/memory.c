/* SPDX-License-Identifier: Apache-2.0 */
#include "target/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include "target/delegate.h"

#define PIECES      ((size_t)1024)      /* as many as the kernel takes: UIO_MAXIOV */
#define BATCH_BYTES ((size_t)256 << 20) /* well below the 2 GiB that one call can transfer */

#define PAGE           ((uint64_t)4096)
#define RUN_BYTES      ((size_t)64 << 10)
#define DELEGATE_LEAST 16
#define RUN_PIECE      ((size_t)8 << 10) /* what is larger is not worth a copy */

/* Where a walk over the ranges stands: the next byte to read is ranges[index][offset]. */
struct position {
	size_t index;
	size_t offset;
};

struct batch {
	struct iovec local[PIECES];
	struct iovec remote[PIECES];
	size_t local_count;
	size_t remote_count;
	size_t bytes;
};

/* Neighbours in the target become one piece there: the kernel looks its pages up once. */
static void batch_add(struct batch *batch, uint8_t *into, uint64_t address, size_t length)
{
	batch->local[batch->local_count++] = (struct iovec){ into, length };
	batch->bytes += length;
	if (batch->remote_count) {
		struct iovec *last = &batch->remote[batch->remote_count - 1];
		if ((uint64_t)(uintptr_t)last->iov_base + last->iov_len == address) {
			last->iov_len += length;
			return;
		}
	}
	batch->remote[batch->remote_count++] = (struct iovec){ (void *)(uintptr_t)address, length };
}

static void batch_fill(struct batch *batch, const struct target_range *ranges, size_t count,
		       struct position from, size_t limit)
{
	batch->local_count = batch->remote_count = batch->bytes = 0;
	for (; from.index < count; from.index++, from.offset = 0) {
		const struct target_range *range = &ranges[from.index];
		size_t length = range->length - from.offset;
		if (!length)
			continue;
		length = MIN(length, limit - batch->bytes);
		if (!length || batch->local_count == PIECES)
			return;
		batch_add(batch, (uint8_t *)range->into + from.offset, range->address + from.offset,
			  length);
	}
}

/* Move on by the bytes that were read, and mark the ranges that became whole. */
static void position_advance(struct position *position, struct target_range *ranges, size_t count,
			     size_t bytes)
{
	while (position->index < count) {
		struct target_range *range = &ranges[position->index];
		size_t left = range->length - position->offset;
		if (bytes < left) {
			position->offset += bytes;
			return;
		}
		bytes -= left;
		range->done = true;
		*position = (struct position){ .index = position->index + 1 };
	}
}

static bool range_read_descriptor(const struct memory *memory, const struct target_range *range,
				  size_t offset)
{
	while (offset < range->length) {
		ssize_t n = pread(memory->descriptor, (uint8_t *)range->into + offset,
				  MIN(range->length - offset, BATCH_BYTES),
				  (off_t)(range->address + offset));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		offset += (size_t)n;
	}
	return true;
}

/* How many ranges from `index` on lie close enough to each other to be read as one. */
static size_t run_length(const struct target_range *ranges, size_t count, size_t index,
			 size_t *ret_bytes)
{
	uint64_t start = ranges[index].address, end = start;
	size_t n = 0;
	for (; index + n < count; n++) {
		const struct target_range *range = &ranges[index + n];
		/* A page that nobody asked for might have to be fetched from the disk. */
		bool near = range->address >= end &&
			    range->address / PAGE <= (end + PAGE - 1) / PAGE;
		if (n && (!near || range->length > RUN_PIECE))
			break;
		if (range->length > RUN_BYTES || range->address + range->length - start > RUN_BYTES)
			break;
		end = range->address + range->length;
	}
	*ret_bytes = end - start;
	return MAX(n, (size_t)1);
}

/* By one call for neighbours, through a window: a call for each costs three times as much. */
static void read_by_descriptor(const struct memory *memory, struct target_range *ranges,
			       size_t count)
{
	_cleanup_(free_pointer) uint8_t *window = count > 1 ? malloc(RUN_BYTES) : NULL;
	for (size_t i = 0, n; i < count; i += n) {
		size_t bytes;
		ssize_t got = 0;
		n = window ? run_length(ranges, count, i, &bytes) : 1;
		if (n > 1)
			got = pread(memory->descriptor, window, bytes, (off_t)ranges[i].address);
		for (size_t j = i; j < i + n; j++) {
			struct target_range *range = &ranges[j];
			size_t at = range->address - ranges[i].address;
			range->done = got > 0 && at + range->length <= (size_t)got;
			if (range->done)
				memcpy(range->into, window + at, range->length);
			else
				range->done = range_read_descriptor(memory, range, 0);
		}
	}
}

bool memory_is_gone(const struct memory *memory)
{
	/* Nothing is mapped at 0, which is an error; the end of the "file" means no address space. */
	char byte;
	return pread(memory->descriptor, &byte, 1, 0) == 0;
}

static ssize_t batch_read(const struct memory *memory, const struct delegate *delegate,
			  const struct batch *batch)
{
	if (delegate)
		return delegate->read(memory->id, batch->local, batch->local_count, batch->remote,
				      batch->remote_count);
	return process_vm_readv(memory->id, batch->local, batch->local_count, batch->remote,
				batch->remote_count, 0);
}

static bool is_refusal(int os_error)
{
	return os_error == EPERM || os_error == EACCES || os_error == ENOSYS || os_error == ESRCH;
}

struct error *memory_read_ranges(struct memory *memory, const char *name,
				 struct target_range *ranges, size_t count)
{
	struct batch batch;
	struct position position = { 0 };
	const struct delegate *delegate = delegate_get();
	size_t limit = delegate ? delegate->read_max : BATCH_BYTES;
	/* To have somebody else read costs two changes of process. */
	bool apart = memory->one_by_one || (delegate && count < DELEGATE_LEAST);

	for (size_t i = 0; i < count; i++)
		ranges[i].done = false;
	while (!apart) {
		batch_fill(&batch, ranges, count, position, limit);
		if (!batch.bytes) {
			position_advance(&position, ranges, count, 0); /* empty ranges are whole */
			break;
		}
		ssize_t n = batch_read(memory, delegate, &batch);
		if (n < 0 && errno == ENOMEM)
			return error_no_memory();
		if (n < 0 && is_refusal(errno)) {
			memory->one_by_one = apart = true;
			break;
		}
		position_advance(&position, ranges, count, n > 0 ? (size_t)n : 0);
		if (n < 0 || (size_t)n < batch.bytes) {
			/* The range in which it ended: this one alone is not to be had, or torn. */
			struct target_range *range = &ranges[position.index];
			range->done = range_read_descriptor(memory, range, position.offset);
			position = (struct position){ .index = position.index + 1 };
		}
	}
	read_by_descriptor(memory, ranges + position.index, count - position.index);
	if (memory_is_gone(memory))
		return error_new(ERROR_GONE, "%s has ended, or started another program", name);
	return NULL;
}

void memory_deinit(struct memory *memory)
{
	close_descriptor(&memory->descriptor);
	memory->descriptor = -1;
}

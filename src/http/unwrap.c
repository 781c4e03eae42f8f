/* SPDX-License-Identifier: Apache-2.0 */
#include "http/unwrap.h"

#include <errno.h>

#include "base/decompress.h"

#define PIECE ((size_t)128 << 10)
#define LEAST ((uint64_t)64 << 20)
#define TIMES 16

struct unwrapping {
	int packed, into;
	const char *shown;
	uint64_t read, written, limit;
	uint8_t input[PIECE];
	uint8_t output[PIECE];
};

static struct error *damaged(const struct unwrapping *unwrapping, const char *why)
{
	return error_new(
		ERROR_CORRUPT,
		"%s: it says that its answer is packed by gzip, but near offset 0x%llx: %s",
		unwrapping->shown, (unsigned long long)unwrapping->read, why);
}

static struct error *read_piece(struct unwrapping *unwrapping, size_t *ret)
{
	ssize_t n;
	do
		n = pread(unwrapping->packed, unwrapping->input, PIECE, (off_t)unwrapping->read);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_os(errno, "%s: cannot read what it sent", unwrapping->shown);
	*ret = (size_t)n;
	return NULL;
}

static struct error *write_piece(struct unwrapping *unwrapping, size_t size)
{
	if (size > unwrapping->limit - unwrapping->written)
		return error_new(
			ERROR_LIMIT,
			"%s: what it sent unpacks to more than %llu bytes: no profile does",
			unwrapping->shown, (unsigned long long)unwrapping->limit);
	for (size_t done = 0; done < size;) {
		ssize_t n = pwrite(unwrapping->into, unwrapping->output + done, size - done,
				   (off_t)(unwrapping->written + done));
		if (n < 0 && errno != EINTR)
			return error_os(errno, "%s: what it sends finds no room",
					unwrapping->shown);
		done += n > 0 ? (size_t)n : 0;
	}
	unwrapping->written += size;
	return NULL;
}

/* *ret_more is false when what was packed is not packed itself. */
static struct error *run_piece(struct unwrapping *unwrapping, struct decompressor *decompressor,
			       size_t size, bool *ret_more)
{
	size_t at = 0;
	bool full = false;
	while (at < size || full) {
		const char *problem = "damaged";
		struct decompress_step step = {
			.input = unwrapping->input + at,
			.input_size = size - at,
			.output = unwrapping->output,
			.output_size = PIECE,
		};
		if (!decompressor_step(decompressor, &step, &problem))
			return damaged(unwrapping, problem);
		if (!step.taken && !step.made)
			return at < size ? damaged(unwrapping, "there is more behind its end")
					 : NULL;
		at += step.taken;
		full = step.made == PIECE;
		if (!unwrapping->written && step.made &&
		    compression_of(unwrapping->output, step.made) == COMPRESSION_NONE) {
			*ret_more = false;
			return NULL;
		}
		TRY(write_piece(unwrapping, step.made));
	}
	return NULL;
}

static struct error *run(struct unwrapping *unwrapping, uint64_t size, bool *ret)
{
	_cleanup_(decompressor_cleanup) struct decompressor *decompressor = NULL;
	size_t some = 0;
	TRY(decompressor_create(COMPRESSION_GZIP, size, &decompressor));
	for (;;) {
		bool more = true;
		TRY(read_piece(unwrapping, &some));
		if (!some)
			break;
		if (!unwrapping->read &&
		    compression_of(unwrapping->input, some) != COMPRESSION_GZIP)
			return damaged(unwrapping, "it is not");
		TRY(run_piece(unwrapping, decompressor, some, &more));
		if (!more)
			return NULL;
		unwrapping->read += some;
	}
	if (!decompressor_is_whole(decompressor))
		return damaged(unwrapping, "it ends too early");
	*ret = unwrapping->written > 0;
	return NULL;
}

struct error *http_unwrap(int packed, uint64_t size, const char *shown, int into, bool *ret)
{
	_cleanup_(free_pointer) struct unwrapping *unwrapping = calloc(1, sizeof(*unwrapping));
	if (!unwrapping)
		return error_no_memory();
	unwrapping->packed = packed;
	unwrapping->into = into;
	unwrapping->shown = shown;
	unwrapping->limit = LEAST + TIMES * MIN(size, (uint64_t)1 << 40);
	*ret = false;
	return run(unwrapping, size, ret);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/spool.h"
#include "target/core.h"

#define HEAD_SIZE 64

struct error *core_open_packed(int descriptor, const char *name, const struct core_options *options,
			       struct target **ret)
{
	uint8_t head[HEAD_SIZE];
	ssize_t size = pread(descriptor, head, sizeof(head), 0);
	enum compression compression = compression_of(head, size > 0 ? (size_t)size : 0);
	if (compression == COMPRESSION_NONE)
		return core_open(descriptor, name, options, ret);

	struct core_options unpacked = options ? *options : (struct core_options){ 0 };
	struct spool_options where = { .folder = unpacked.spool };
	struct spool_result spool;
	TRY(spool_decompress(descriptor, name, compression, &where, &spool));
	unpacked.written_unix_ns = file_written_unix_ns(descriptor);
	unpacked.problem = spool.problem;
	struct error *error = core_open(spool.descriptor, name, &unpacked, ret);
	close(spool.descriptor);
	return error;
}

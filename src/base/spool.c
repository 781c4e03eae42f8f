/* SPDX-License-Identifier: Apache-2.0 */
#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define PIECE ((size_t)1 << 20)
#define PAGE  ((size_t)4096)
/* Between two looks at how much room there is; */
#define LOOK_EVERY ((uint64_t)64 << 20)
/* which is to be left to others. */
#define ROOM_LEFT ((uint64_t)256 << 20)
/* Holes cost nothing, but more than this is no core: a few bytes may stand for any number. */
#define SIZE_MAX_SPOOL ((uint64_t)1 << 40)

/* Takes pieces of what was decompressed; false in *ret_more when it wants no more. */
struct sink {
	struct error *(*take)(struct sink *sink, const uint8_t *bytes, size_t size,
			      bool *ret_more)must_use;
};

struct source {
	int descriptor;
	const char *name;
	enum compression compression;
	uint64_t offset; /* of the next byte to be read */
	char problem[160];
};

static struct error *read_piece(struct source *source, uint8_t *into, size_t *ret)
{
	ssize_t n;
	do {
		n = pread(source->descriptor, into, PIECE, (off_t)source->offset);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_os(errno, "%s: cannot read at offset 0x%" PRIx64, source->name,
				source->offset);
	*ret = (size_t)n;
	return NULL;
}

static struct error *run_piece(struct source *source, struct decompressor *decompressor,
			       const uint8_t *input, size_t size, uint8_t *output,
			       struct sink *sink, bool *ret_more)
{
	size_t at = 0;
	bool full = false;
	while (*ret_more && (at < size || full)) {
		const char *problem = NULL;
		struct decompress_step step = { input + at, size - at, output, PIECE, 0, 0 };
		bool good = decompressor_step(decompressor, &step, &problem);
		at += step.taken;
		if (step.made)
			TRY(sink->take(sink, output, step.made, ret_more));
		if (!good) {
			snprintf(source->problem, sizeof(source->problem),
				 "its %s data is damaged near offset 0x%" PRIx64 " (%s)",
				 compression_name(source->compression), source->offset + at,
				 problem);
			*ret_more = false;
		}
		full = step.made == PIECE;
		/* Neither taken nor made: bytes behind the end that mean nothing. */
		if (!step.taken && !step.made)
			break;
	}
	source->offset += size;
	return NULL;
}

static struct error *run(struct source *source, struct sink *sink)
{
	struct stat status;
	_cleanup_(decompressor_cleanup) struct decompressor *decompressor = NULL;
	_cleanup_(free_pointer) uint8_t *input = malloc(PIECE);
	_cleanup_(free_pointer) uint8_t *output = malloc(PIECE);
	if (!input || !output)
		return error_no_memory();
	if (fstat(source->descriptor, &status) < 0)
		return error_os(errno, "%s", source->name);
	TRY(decompressor_create(source->compression, (uint64_t)status.st_size, &decompressor));
	bool more = true;
	while (more) {
		size_t size = 0;
		TRY(read_piece(source, input, &size));
		if (!size)
			break;
		TRY(run_piece(source, decompressor, input, size, output, sink, &more));
	}
	if (more && !decompressor_is_whole(decompressor))
		snprintf(source->problem, sizeof(source->problem),
			 "its %s data ends too early, at offset 0x%" PRIx64,
			 compression_name(source->compression), source->offset);
	return NULL;
}

/* Into a file: whole pages, those of zeroes left out. */
struct file_sink {
	struct sink sink; /* must be first */
	int descriptor;
	const char *name;
	const char *folder;
	uint64_t size;
	uint64_t written;
	uint64_t next_look; /* at the room, once so much was written */
};

static struct error *no_room(const struct file_sink *sink)
{
	return error_new(ERROR_LIMIT,
			 "%s: there is not enough room in %s to decompress it: name another folder "
			 "by --spool DIR",
			 sink->name, sink->folder);
}

static struct error *check_room(struct file_sink *sink)
{
	struct statvfs facts;
	if (sink->written < sink->next_look)
		return NULL;
	sink->next_look = sink->written + LOOK_EVERY;
	if (fstatvfs(sink->descriptor, &facts) == 0 &&
	    (uint64_t)facts.f_bavail * facts.f_frsize < ROOM_LEFT + LOOK_EVERY)
		return no_room(sink);
	return NULL;
}

static struct error *write_bytes(struct file_sink *sink, const uint8_t *bytes, size_t size)
{
	size_t done = 0;
	TRY(check_room(sink));
	while (done < size) {
		ssize_t n = pwrite(sink->descriptor, bytes + done, size - done,
				   (off_t)(sink->size + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
			return no_room(sink);
		if (n < 0)
			return error_os(errno, "%s: cannot write to %s", sink->name, sink->folder);
		done += (size_t)n;
	}
	sink->written += size;
	return NULL;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	return size && !bytes[0] && !memcmp(bytes, bytes + 1, size - 1);
}

static struct error *file_take(struct sink *base, const uint8_t *bytes, size_t size, bool *ret_more)
{
	struct file_sink *sink = (struct file_sink *)base;
	if (size > SIZE_MAX_SPOOL - sink->size) {
		*ret_more = false;
		return error_new(ERROR_LIMIT, "%s: decompressed it has more than 1 TiB",
				 sink->name);
	}
	while (size) {
		/* Up to the end of the page, and of all pages that are of the same kind. */
		size_t piece = MIN(size, PAGE - sink->size % PAGE);
		bool zero = is_zero(bytes, piece);
		while (piece < size && is_zero(bytes + piece, MIN(PAGE, size - piece)) == zero)
			piece += MIN(PAGE, size - piece);
		if (!zero)
			TRY(write_bytes(sink, bytes, piece));
		sink->size += piece;
		bytes += piece;
		size -= piece;
	}
	return NULL;
}

static int open_nameless(const char *folder)
{
	int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return file;
	/* A file system that knows no files without names: a name for a moment. */
	_cleanup_(free_pointer) char *path = NULL;
	if (asprintf(&path, "%s/dowse-XXXXXX", folder) < 0) {
		path = NULL;
		return -1;
	}
	file = mkostemp(path, O_CLOEXEC);
	if (file >= 0)
		unlink(path);
	return file;
}

static struct error *open_spool(const struct spool_options *options, const char *name,
				const char **ret_folder, int *ret)
{
	const char *wanted = options && options->folder ? options->folder : getenv("TMPDIR");
	const char *folders[] = { wanted && *wanted ? wanted : "/var/tmp", "/tmp" };
	size_t count = wanted && *wanted ? 1 : 2;
	int file = -1;
	for (size_t i = 0; i < count && file < 0; i++) {
		*ret_folder = folders[i];
		file = open_nameless(folders[i]);
	}
	if (file < 0)
		return error_os(errno,
				"%s: it must be written to a file first, and %s takes none: name "
				"another folder by --spool DIR",
				name, *ret_folder);
	*ret = file;
	return NULL;
}

struct error *spool_open(const struct spool_options *options, const char *name, int *ret)
{
	const char *folder;
	return open_spool(options, name, &folder, ret);
}

struct error *spool_decompress(int descriptor, const char *name, enum compression compression,
			       const struct spool_options *options, struct spool_result *ret)
{
	_cleanup_(close_descriptor) int file = -1;
	const char *folder = NULL;
	TRY(open_spool(options, name, &folder, &file));
	struct source source = {
		.descriptor = descriptor,
		.name = name,
		.compression = compression,
	};
	struct file_sink sink = {
		.sink = { file_take },
		.descriptor = file,
		.name = name,
		.folder = folder,
	};
	TRY(run(&source, &sink.sink));
	/* A hole at the end needs the length. */
	if (ftruncate(file, (off_t)sink.size) < 0)
		return error_os(errno, "%s: cannot write to %s", name, folder);
	*ret = (struct spool_result){ .descriptor = TAKE_FD(file), .size = sink.size };
	memcpy(ret->problem, source.problem, sizeof(ret->problem));
	return NULL;
}

/* Into memory, until it is full. */
struct memory_sink {
	struct sink sink; /* must be first */
	uint8_t *into;
	size_t size;
	size_t used;
};

static struct error *memory_take(struct sink *base, const uint8_t *bytes, size_t size,
				 bool *ret_more)
{
	struct memory_sink *sink = (struct memory_sink *)base;
	size_t some = MIN(size, sink->size - sink->used);
	memcpy(sink->into + sink->used, bytes, some);
	sink->used += some;
	*ret_more = sink->used < sink->size;
	return NULL;
}

struct error *spool_peek(int descriptor, const char *name, enum compression compression, void *into,
			 size_t size, size_t *ret_size)
{
	struct source source = {
		.descriptor = descriptor,
		.name = name,
		.compression = compression,
	};
	struct memory_sink sink = { .sink = { memory_take }, .into = into, .size = size };
	TRY(run(&source, &sink.sink));
	*ret_size = sink.used;
	return NULL;
}

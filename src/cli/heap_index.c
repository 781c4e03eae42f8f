/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/heap_index.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/text.h"
#include "cli/output.h"
#include "heap/digest.h"
#include "heap/index.h"
#include "target/snapshot.h"

/* Shared by the process that opened the files and the one that fills them. */
struct shared {
	volatile bool whole;
};

struct heap_index {
	const char *snapshot; /* as the user named it; borrowed */
	char *path;           /* of the index */
	int present;          /* to be read; -1: there is none */
	struct output output; /* to be written to, without a name */
	bool writable;
	uint64_t room; /* bytes that one may take */
	struct shared *shared;
};

/* What an index takes of the room that is left there at most. */
#define ROOM_SHARE 4

static int open_regular(const char *path, int flags, struct stat *ret)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
	if (file >= 0 && fstat(file, ret) == 0 && S_ISREG(ret->st_mode))
		return file;
	if (file >= 0)
		close(file);
	return -1;
}

static bool begins(int file, bool (*is)(const void *bytes, size_t size), size_t size)
{
	uint8_t bytes[16];
	return pread(file, bytes, size, 0) == (ssize_t)size && is(bytes, size);
}

/* A file of that name which is no index is somebody's, and stays. */
static bool may_replace(const char *path)
{
	struct stat status;
	_cleanup_(close_descriptor) int file = open_regular(path, O_NOFOLLOW, &status);
	return file >= 0 ? begins(file, heap_index_is, HEAP_INDEX_MAGIC_SIZE)
			 : lstat(path, &status) < 0 && errno == ENOENT;
}

/*
 * In a folder for all (/tmp) anybody may have laid one there: only what belongs to who dowse works
 * for, or to who the snapshot belongs to, is read.
 */
static void open_present(struct heap_index *index, const struct stat *snapshot)
{
	struct stat status;
	_cleanup_(close_descriptor) int file = open_regular(index->path, O_NOFOLLOW, &status);
	if (file >= 0 && (status.st_uid == geteuid() || status.st_uid == snapshot->st_uid) &&
	    !(status.st_mode & S_IWOTH))
		index->present = TAKE_FD(file);
}

/* Who may read the snapshot may read the index. Without a name there is nothing to clean up. */
static void open_output(struct heap_index *index, const struct stat *snapshot)
{
	struct statvfs system;
	if (!may_replace(index->path) || !error_ignore(output_open(index->path, &index->output)))
		return;
	int file = index->output.writer.descriptor;
	index->writable = index->output.nameless && fstatvfs(file, &system) == 0 &&
			  fchmod(file, snapshot->st_mode & 0666) == 0;
	if (index->writable)
		index->room = (uint64_t)system.f_bavail * system.f_frsize / ROOM_SHARE;
	void *shared = mmap(NULL, sizeof(*index->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	index->shared = shared != MAP_FAILED ? shared : NULL;
	index->writable &= index->shared != NULL;
	/* A file that may not grow is no index, and no end of dowse. */
	signal(SIGXFSZ, SIG_IGN);
}

static void destroy(struct heap_index *index)
{
	output_deinit(&index->output);
	close_descriptor(&index->present);
	if (index->shared)
		munmap(index->shared, sizeof(*index->shared));
	free(index->path);
	free(index);
}

static void open_one(struct heap_indexes *indexes, const char *operand)
{
	struct stat snapshot;
	_cleanup_(close_descriptor) int file = open_regular(operand, 0, &snapshot);
	if (file < 0 || !begins(file, snapshot_is, HEAP_INDEX_MAGIC_SIZE))
		return;
	struct heap_index *index = calloc(1, sizeof(*index));
	if (!index)
		return;
	*index = (struct heap_index){
		.snapshot = operand,
		.present = -1,
		.output = { .writer = WRITER_TO_MEMORY },
	};
	if (asprintf(&index->path, "%s" HEAP_INDEX_END, operand) < 0) {
		index->path = NULL;
		destroy(index);
		return;
	}
	open_present(index, &snapshot);
	open_output(index, &snapshot);
	indexes->items[indexes->count++] = index;
}

static bool takes_index(const struct verb *verb)
{
	for (size_t i = 0; verb->options && verb->options[i] != OPTION_END; i++) {
		if (verb->options[i] == OPTION_NO_INDEX)
			return true;
	}
	return false;
}

void heap_indexes_open(const struct invocation *invocation, struct heap_indexes *ret)
{
	*ret = (struct heap_indexes){ 0 };
	if (!takes_index(invocation->verb) || invocation->options.given[OPTION_NO_INDEX])
		return;
	for (size_t i = 0; i < invocation->operand_count && ret->count < HEAP_INDEX_MAX; i++)
		open_one(ret, invocation->operands[i]);
}

size_t heap_indexes_descriptors(const struct heap_indexes *indexes, int *ret)
{
	size_t count = 0;
	for (size_t i = 0; i < indexes->count; i++) {
		if (indexes->items[i]->present >= 0)
			ret[count++] = indexes->items[i]->present;
		if (indexes->items[i]->writable)
			ret[count++] = indexes->items[i]->output.writer.descriptor;
	}
	return count;
}

static struct heap_index *find(const struct invocation *invocation, const struct evidence *evidence)
{
	const struct heap_indexes *indexes = invocation->indexes;
	if (!indexes || !evidence->path || !snapshot_is_target(evidence->target))
		return NULL;
	for (size_t i = 0; i < indexes->count; i++) {
		if (text_equal(indexes->items[i]->snapshot, evidence->path))
			return indexes->items[i];
	}
	return NULL;
}

static struct error *identify(const struct evidence *evidence, struct heap_index_source *ret)
{
	struct snapshot_identity identity;
	TRY(snapshot_identify(evidence->target, &identity));
	*ret = (struct heap_index_source){ identity.size, identity.written_ns, identity.contents };
	return NULL;
}

struct error *heap_index_take(const struct invocation *invocation, const struct evidence *evidence,
			      struct heap **ret)
{
	const struct heap_index *index = find(invocation, evidence);
	struct heap_index_source source;
	*ret = NULL;
	/* What is missing in a damaged snapshot is only seen by reading it. */
	if (!index || index->present < 0 || snapshot_gap(evidence->target))
		return NULL;
	TRY(identify(evidence, &source));
	struct error *error = heap_index_read(evidence->runtime, &source, index->present, ret);
	if (error && error->code == ERROR_NO_MEMORY)
		return error;
	error_destroy(error);
	return NULL;
}

static struct error *write_index(const struct heap_index *index, const struct evidence *evidence,
				 struct heap *heap)
{
	struct heap_index_source source;
	TRY(identify(evidence, &source));
	if (heap_index_size(heap) > index->room)
		return error_new(ERROR_LIMIT, "there is too little room for an index");
	heap_digest_destroy(TAKE_PTR(heap->digest));
	TRY(heap_digest_create(heap, &heap->digest));
	return heap_index_write(heap, &source, index->output.writer.descriptor);
}

void heap_index_keep(struct invocation *invocation, const struct evidence *evidence,
		     struct heap *heap)
{
	struct heap_index *index = find(invocation, evidence);
	if (!index || !index->writable || snapshot_gap(evidence->target))
		return;
	/* What there is may lack the dominators that this question needed. */
	if (heap->digest && (heap->digest->dominated || !heap->dominators.count))
		return;
	/* A failure is remembered, and told by who finishes it again. */
	error_destroy(writer_finish(invocation->out));
	index->shared->whole = error_ignore(write_index(index, evidence, heap));
}

void heap_indexes_commit(const struct heap_indexes *indexes)
{
	for (size_t i = 0; i < indexes->count; i++) {
		struct heap_index *index = indexes->items[i];
		/* Meanwhile somebody may have put something there. */
		if (index->writable && index->shared->whole && may_replace(index->path))
			error_destroy(output_commit(&index->output));
	}
}

void heap_indexes_close(struct heap_indexes *indexes)
{
	for (size_t i = 0; i < indexes->count; i++)
		destroy(indexes->items[i]);
	*indexes = (struct heap_indexes){ 0 };
}

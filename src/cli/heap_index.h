/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_CLI_HEAP_INDEX_H
#define DOWSE_CLI_HEAP_INDEX_H

#include "cli/cli.h"
#include "cli/evidence.h"
#include "heap/heap.h"

/*
 * What was found out about the heap of a snapshot, kept beside it as FILE.index, so that the next
 * question is answered at once. Nobody has asked for it: whatever goes wrong with one is no error,
 * and the answer is the same without.
 */
#define HEAP_INDEX_END ".index"
#define HEAP_INDEX_MAX 2 /* of one command: each TARGET that is a snapshot may have one */

struct heap_index;

/* All that a command can have. */
struct heap_indexes {
	struct heap_index *items[HEAP_INDEX_MAX];
	size_t count;
};

/*
 * Before dowse confines itself: open what is there to be read, and a file without a name to write
 * to. Only for verbs that take --no-index.
 */
void heap_indexes_open(const struct invocation *invocation, struct heap_indexes *ret);

/* The descriptors that the worker needs, HEAP_INDEX_MAX * 2 at most. */
size_t heap_indexes_descriptors(const struct heap_indexes *indexes, int *ret);

/* In the worker: the heap of the evidence, out of its index; NULL when there is none to be used. */
struct error *heap_index_take(const struct invocation *invocation, const struct evidence *evidence,
			      struct heap **ret) must_use;

/*
 * In the worker, when the answer is ready: print it, then write the index if there is none, or none
 * with all that was found out for this answer.
 */
void heap_index_keep(struct invocation *invocation, const struct evidence *evidence,
		     struct heap *heap);

/* After the worker has ended: give what it has written its name. */
void heap_indexes_commit(const struct heap_indexes *indexes);

/* What has no name leaves nothing behind. */
void heap_indexes_close(struct heap_indexes *indexes);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_HEAP_INDEX_H
#define DOWSE_HEAP_INDEX_H

#include "heap/heap.h"

/*
 * A heap in a file, to be mapped: what was worked out of a snapshot once need not be again. Roots,
 * goroutines and the names and layouts of types are not in it, but found in the snapshot again. The
 * file is for the machine and the dowse that made it; docs/decisions/heap-index.md says why.
 *
 *	header | section | section | ...	each from a new page on
 */

/* What an index is of. */
struct heap_index_source {
	uint64_t size;       /* of the snapshot's file */
	uint64_t written_ns; /* when that was last written to, since 1970 */
	uint64_t contents;   /* a hash of what it says of itself */
};

/* Do these first bytes of a file say that it is an index? */
#define HEAP_INDEX_MAGIC_SIZE 8
bool heap_index_is(const void *bytes, size_t size);

/* About how large one would be: bytes. */
uint64_t heap_index_size(const struct heap *heap);

/*
 * Of a heap that has a digest, with dominators if it has them; from the descriptor's beginning on.
 */
struct error *heap_index_write(const struct heap *heap, const struct heap_index_source *source,
			       int descriptor) must_use;

/*
 * The heap as it was then, as long as the runtime is; its arrays are mapped and cannot be changed,
 * but edges for heap_dominate(), which then is still to come.
 * An error when the index is of another snapshot, of another dowse or damaged: whatever the file
 * holds, nothing in the heap leads outside of it. The file must not be made shorter meanwhile.
 */
struct error *heap_index_read(struct runtime *runtime, const struct heap_index_source *source,
			      int descriptor, struct heap **ret) must_use;

#endif

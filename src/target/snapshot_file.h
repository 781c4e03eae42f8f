/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_SNAPSHOT_FILE_H
#define DOWSE_TARGET_SNAPSHOT_FILE_H

#include "base/vector.h"
#include "target/snapshot_format.h"

/*
 * The blocks of a snapshot's file: where they are, and their bytes, decompressed and checked. A
 * few of them are kept; the memory that this takes is bounded by SNAPSHOT_CACHE blocks and 64
 * bytes for each block that the file really has.
 */
#define SNAPSHOT_CACHE 32

struct snapshot_entry {
	uint64_t offset; /* of its header in the file */
	uint64_t first;
	uint64_t end;
	uint32_t raw;
	uint32_t stored;
	uint32_t kind;
	int32_t slot; /* of the cache; -1: not there */
};

DEFINE_VECTOR(snapshot_entry_vector, struct snapshot_entry);

struct snapshot_slot {
	uint8_t *bytes; /* NULL: empty */
	size_t entry;
	size_t contents; /* of a MEMORY block: how many bytes stand before its table */
	uint64_t used;   /* the newest has the highest */
};

struct snapshot_file {
	int descriptor; /* owned */
	char *name;     /* for messages; owned */
	uint64_t size;
	uint32_t flags;                       /* of the header */
	struct snapshot_entry_vector entries; /* in the order of the file; no INDEX blocks */
	size_t memory_begin;                  /* entries of MEMORY: one run, of rising addresses */
	size_t memory_end;
	bool partial;    /* it has no end: its blocks were found one by one */
	uint64_t walked; /* of a partial one: where the last whole block ends */
	struct snapshot_slot slots[SNAPSHOT_CACHE];
	uint64_t clock;
	void *context; /* zstd's */
	uint8_t *stored;
};

/* Takes a duplicate of the descriptor. */
struct error *snapshot_file_open(int descriptor, const char *name, struct snapshot_file *ret)
	must_use;
void snapshot_file_close(struct snapshot_file *file);

/*
 * The bytes of a block, `raw` of them; they stay until SNAPSHOT_CACHE others were asked for. Those
 * of a MEMORY block have been unfiltered, *ret_contents of them.
 */
struct error *snapshot_file_block(struct snapshot_file *file, size_t entry, const uint8_t **ret,
				  size_t *ret_contents) must_use;

/* The first MEMORY block that ends behind the address; memory_end when there is none. */
size_t snapshot_file_find(const struct snapshot_file *file, uint64_t address);

#endif

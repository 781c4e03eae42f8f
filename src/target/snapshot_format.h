/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TARGET_SNAPSHOT_FORMAT_H
#define DOWSE_TARGET_SNAPSHOT_FORMAT_H

#include "base/error.h"

/*
 * dowse's own file of a process's memory; docs/snapshot.md describes it for others.
 *
 *	header | block | block | ... | index blocks | trailer
 *
 * It is written from its beginning to its end and never goes back. Every block stands for itself:
 * its header says what it is and how long, and a checksum covers both. So a file without its end
 * can be walked. Numbers are little-endian.
 */
#define SNAPSHOT_MAGIC                                                                             \
	"\x8f"                                                                                     \
	"dowse\r\n"
#define SNAPSHOT_MAGIC_SIZE 8
#define SNAPSHOT_VERSION    1

#define SNAPSHOT_HEADER_SIZE  32          /* magic, version u32, flags u32, 0 u64, checksum u64 */
#define SNAPSHOT_BLOCK_SIZE   40          /* the header of a block */
#define SNAPSHOT_BLOCK_MAGIC  0x4b4c4244u /* "DBLK" */
#define SNAPSHOT_TRAILER_SIZE 48
#define SNAPSHOT_END_MAGIC    "dowseEND"

/* Of what a block holds before compression. */
#define SNAPSHOT_RAW_MAX ((size_t)1 << 20)

/* In the header: what was asked for. */
#define SNAPSHOT_WITH_DATA 1u

/* KIND(name, number) */
#define SNAPSHOT_KINDS(KIND)                                                                       \
	KIND(FACTS, 1)       /* names and values */                                                \
	KIND(THREADS, 2)     /* with their registers */                                            \
	KIND(MAPPINGS, 3)    /* of the whole address space */                                      \
	KIND(DESCRIPTORS, 4) /* files and sockets */                                               \
	KIND(MEMORY, 5)      /* in rising order of addresses */                                    \
	KIND(INDEX, 6)       /* where the others lie */

enum snapshot_kind {
#define KIND(name, number) SNAPSHOT_##name = (number),
	SNAPSHOT_KINDS(KIND)
#undef KIND
};

/* The header of a block, decoded. `stored` equals `raw` where compression gained nothing. */
struct snapshot_block {
	uint32_t kind;
	uint32_t raw;
	uint32_t stored;
	uint64_t first; /* of a MEMORY block: the addresses that it covers */
	uint64_t end;   /* exclusive */
	uint64_t checksum;
};

/*
 * A MEMORY block: the bytes of its extents one behind the other, filtered (snapshot_filter.h); the
 * strides of the filter, a byte a chunk; the table of the extents; their number (u64). An extent of
 * zeroes has no bytes.
 */
#define SNAPSHOT_EXTENT_SIZE  16                  /* address u64, length u64 */
#define SNAPSHOT_EXTENT_ZEROS (UINT64_C(1) << 63) /* in the length */

/* One entry of an INDEX block: offset, first, end, raw u32, stored u32, kind u32, 0 u32 */
#define SNAPSHOT_ENTRY_SIZE 40

/* The checksum of a block: of its header's first 32 bytes, then of what is stored. */
uint64_t snapshot_checksum(const uint8_t header[SNAPSHOT_BLOCK_SIZE - 8], const void *stored,
			   size_t size);
uint64_t snapshot_checksum_plain(const void *bytes, size_t size);

void snapshot_put_u32(uint8_t *into, uint32_t value);
void snapshot_put_u64(uint8_t *into, uint64_t value);

/* All but the checksum is taken from the block, which gets it too. */
void snapshot_block_encode(struct snapshot_block *block, const void *stored,
			   uint8_t ret[SNAPSHOT_BLOCK_SIZE]);

#endif

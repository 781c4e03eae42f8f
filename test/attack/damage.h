/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_TEST_ATTACK_DAMAGE_H
#define DOWSE_TEST_ATTACK_DAMAGE_H

#include "base/error.h"

#define DAMAGE_BITS_MAX 8

/* A copy of a file, with its holes, in which bits are changed and changed back. */
struct damage {
	int file; /* the copy, without a name */
	int original;
	uint64_t size;
	uint64_t seed;
	uint64_t random;
	struct {
		uint64_t offset;
		uint8_t byte;
	} undo[DAMAGE_BITS_MAX];
	size_t undo_count;
	bool rewritten;
};

struct error *damage_open(const char *path, uint64_t seed, struct damage *ret) must_use;
void damage_close(struct damage *damage);

/* The damage that follows is that of this number, whatever was before. */
void damage_seed(struct damage *damage, uint64_t index);
uint64_t damage_random(struct damage *damage);

/* Some bits; of a snapshot where its blocks begin, of others in headers and tables, or anywhere. */
void damage_flip(struct damage *damage, bool snapshot);

/* Some bits of a snapshot, which is then put together again with right checksums. */
void damage_repair(struct damage *damage);

void damage_undo(struct damage *damage);

#endif

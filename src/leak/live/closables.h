/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_CLOSABLES_H
#define DOWSE_LEAK_LIVE_CLOSABLES_H

#include "heap/heap.h"

/*
 * The open descriptors that the program knows of: its os.Files and its sockets (net.netFD). Each has a
 * finalizer, which closes it when it was dropped without a Close; until that has run, the objects that
 * cannot be reached any more tell of it.
 */
enum closable_kind { CLOSABLE_FILE, CLOSABLE_SOCKET, CLOSABLE_KINDS };

struct closable {
	enum closable_kind kind;
	uint32_t vertex;
	bool reached;
	bool listens;    /* a socket without another side */
	bool accepted;   /* its own port is one that somebody listens at */
	uint64_t number; /* of the descriptor */
	uint64_t name;   /* a hash of a file's name; 0: unknown */
};

DEFINE_VECTOR(closable_vector, struct closable);

/* Those that are open. The target must stand still. */
struct error *closables_read(const struct heap *heap, struct closable_vector *ret) must_use;

/* How many descriptors the process may have open; -1: unknown. */
int64_t closables_limit(const struct heap *heap);

#endif

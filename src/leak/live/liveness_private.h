/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_LIVENESS_PRIVATE_H
#define DOWSE_LEAK_LIVE_LIVENESS_PRIVATE_H

#include "base/map.h"
#include "leak/live/liveness.h"

struct awaiting {
	uint32_t goroutine;
	uint32_t next; /* another one that waits for the same object; AWAITING_END */
};

#define AWAITING_END UINT32_MAX

DEFINE_VECTOR(awaiting_vector, struct awaiting);
DEFINE_VECTOR(vertex_vector, uint32_t);

struct liveness {
	struct heap *heap;
	uint8_t *verdicts;    /* by goroutine */
	uint64_t *reached;    /* a bit for each object; set for what is never followed, too */
	uint64_t *awaited;    /* a bit for each object: somebody waits for it */
	uint32_t *roots;      /* by goroutine: its vertex; VERTEX_NONE */
	struct map by_object; /* object → index into `waits` */
	struct awaiting_vector waits;
	struct vertex_vector stack;
	const char *doubt;
	bool without_globals; /* these wake nobody by themselves: liveness_find_driven() */
};

/* The object in use that an address lies in; VERTEX_NONE. */
uint32_t liveness_vertex(const struct heap *heap, uint64_t address);

/* Somebody can reach it after all. */
struct error *liveness_reach(struct liveness *liveness, uint32_t vertex) must_use;

#endif

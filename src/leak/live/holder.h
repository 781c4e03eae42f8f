/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_HOLDER_H
#define DOWSE_LEAK_LIVE_HOLDER_H

#include "leak/live/live.h"

/*
 * Who holds an object of the heap, and where it comes from, for a finding about memory:
 *
 *   path       the shortest way from a root, in Go's words: "main.sessions", "[value] *main.Session",
 *              ".buf []uint8"; NULL-terminated no, path_count steps
 *   place      where it was allocated, if the runtime has sampled it; else where the code is that
 *              allocates its type ("may be allocated by"); place_word says which; else nothing
 *   subject    the holder's name, "main.sessions", where it is a global; else left alone
 *
 * Place and subject are left alone where they are set already.
 */
struct error *live_holder_tell(const struct live_evidence *evidence, uint32_t vertex,
			       struct findings *findings, struct finding *finding) must_use;

/*
 * The place alone, for one of the objects that `holder` holds: where the runtime has sampled several
 * of its kind, those count that it holds.
 */
struct error *live_holder_place(const struct live_evidence *evidence, uint32_t vertex,
				uint32_t holder, struct finding *finding) must_use;

/* The root of the shortest way to it, of several kinds the one that lives longest; VERTEX_NONE. */
struct error *live_holder_root(const struct live_evidence *evidence, uint32_t vertex, uint32_t *ret)
	must_use;

/* Who leads to it on that way; VERTEX_NONE: it is the root. */
struct error *live_holder_above(const struct live_evidence *evidence, uint32_t vertex,
				uint32_t *ret) must_use;

/* The words of one type, which live as long as the heap: "[]uint8". "?" where it is unknown. */
struct error *live_type_name(const struct live_evidence *evidence, uint32_t vertex,
			     const char **ret) must_use;

#endif

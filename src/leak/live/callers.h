/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_CALLERS_H
#define DOWSE_LEAK_LIVE_CALLERS_H

#include "leak/live/live.h"

/*
 * Where in the program's own code a library's object may have been made: nobody allocates an os.File
 * but os.OpenFile, which says nothing, so those are looked for that call it. The number of places is
 * returned in *ret_count, 0 when there are none. Of several those count that have `number` among their
 * arguments (a ticker's period), if any does; 0: any. One that is not main() or init(), which run once,
 * is returned rather than one that is.
 *
 * `functions` ends with NULL.
 */
struct error *live_callers_find(const struct live_evidence *evidence, const char *const *functions,
				uint64_t number, struct findings *findings, struct place *ret_place,
				size_t *ret_count) must_use;

/*
 * Say where it was made: the place where the runtime sampled one of its kind, where that is the
 * program's own; else the callers of `functions`. Also who holds it (live_holder_tell()).
 */
struct error *live_callers_tell(const struct live_evidence *evidence, uint32_t vertex,
				const char *const *functions, uint64_t number,
				struct findings *findings, struct finding *finding) must_use;

#endif

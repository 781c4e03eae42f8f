/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DOWSE_LEAK_LIVE_FILES_PRIVATE_H
#define DOWSE_LEAK_LIVE_FILES_PRIVATE_H

#include "leak/live/closables.h"
#include "leak/live/live.h"

/* Where such are made; of what is `held`, also by whom. VERTEX_NONE: nobody holds it. */
struct error *files_place(const struct live_evidence *evidence, enum closable_kind kind,
			  uint32_t held, struct findings *findings, struct finding *finding)
	must_use;

/* Those that each run of the same tests leaves open. */
struct error *files_find_rounds(const struct live_evidence *evidence,
				const struct closable_vector *list, struct findings *ret) must_use;

#endif

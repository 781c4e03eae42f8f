/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/left.h"

static bool is_left(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	(void)evidence;
	return goroutine->owner && goroutine->owner_ended && !goroutine->system &&
	       goroutine->id != 1;
}

struct error *live_left_find(const struct live_evidence *evidence, struct crowds *ret)
{
	return crowds_gather(evidence, is_left, ret);
}

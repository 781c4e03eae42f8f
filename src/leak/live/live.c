/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/live.h"

struct error *live_find(const struct live_evidence *evidence, struct findings *ret)
{
	TRY(live_never_wakes_find(evidence, ret));
	TRY(live_many_goroutines_find(evidence, ret));
	findings_sort(ret);
	return findings_check(ret);
}

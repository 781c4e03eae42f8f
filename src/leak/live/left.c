/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/left.h"

#include <string.h>

/* What the library keeps for the whole process, begun when it was first needed. */
static bool is_librarys(const struct goroutine *goroutine)
{
	static const char *const packages[] = { "os/signal.", "runtime.", "runtime/", "testing." };
	const char *creator = goroutine->creator.function;
	for (size_t i = 0; creator && i < ARRAY_SIZE(packages); i++) {
		if (strncmp(creator, packages[i], strlen(packages[i])) == 0)
			return true;
	}
	return !creator;
}

static bool is_left(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	(void)evidence;
	return goroutine->owner && goroutine->owner_ended && !goroutine->system &&
	       goroutine->id != 1 && !is_librarys(goroutine);
}

struct error *live_left_find(const struct live_evidence *evidence, struct crowds *ret)
{
	return crowds_gather(evidence, is_left, ret);
}

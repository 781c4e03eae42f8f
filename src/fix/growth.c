/* SPDX-License-Identifier: Apache-2.0 */
#include "fix/fix_private.h"

/* What only grows: P17 delete keys, P18 a bound, P1 an end for a loop. */

static const char *holder_of(const struct finding *finding)
{
	return finding->subject ? finding->subject : "the holder";
}

static const char *filler_of(struct findings *findings, const struct finding *finding)
{
	if (!finding->place.function)
		return "";
	return findings_text(findings, " Entries come from %s.",
			     fix_where(findings, &finding->place));
}

const char *fix_map_without_limit(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Delete from %s what is no longer needed, or bound it by size (LRU) or age.%s",
		holder_of(finding), filler_of(findings, finding));
}

const char *fix_growing_sync_map(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Delete from %s what is no longer needed: at the end of what a key stands for, or by age in a Range now and then.%s",
		holder_of(finding), filler_of(findings, finding));
}

const char *fix_growing_global(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Keep in %s only what is going to be read: drop the oldest beyond a bound, or hold it where its user ends.%s",
		holder_of(finding), filler_of(findings, finding));
}

const char *fix_growing_site(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Find who keeps what %s allocates, and let go of it where its use ends: delete it from the map, cut the slice, or bound the cache. A look at the process names the holder.",
		fix_where(findings, &finding->place));
}

const char *fix_endless_loop(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Give %s a context and select on ctx.Done() beside a ticker instead of sleeping; cancel it where what %s serves ends.",
		fix_where(findings, &finding->place), fix_start(findings, finding));
}

const char *fix_exit_stays_in_loop(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"In %s let the case that ends the work return, or break out of the loop by its label: a plain break leaves the select alone.",
		fix_where(findings, &finding->place));
}

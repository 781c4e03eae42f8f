/* SPDX-License-Identifier: Apache-2.0 */
#include "fix/fix_private.h"

/* What somebody should have stopped, closed or let go of. */

/* P20 */
const char *fix_timer_not_stopped(struct findings *findings, const struct finding *finding)
{
	const char *where = fix_where(findings, &finding->place);
	if (!finding->place.function)
		where = "the function that makes them";
	return findings_text(
		findings,
		"In %s keep the timer in a variable and stop it on every way out: `defer ticker.Stop()` right behind time.NewTicker or NewTimer, instead of time.Tick and time.After. A go line of 1.23 or later in go.mod lets the runtime collect what is dropped.",
		where);
}

/* P22 */
const char *fix_defer_in_loop(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Make the body of the loop around %s a function of its own, or a function literal that is called at once: then what it defers runs at the end of each round.",
		fix_position(findings, &finding->place)
			? findings_text(findings, "the defer at %s",
					fix_position(findings, &finding->place))
			: fix_where(findings, &finding->place));
}

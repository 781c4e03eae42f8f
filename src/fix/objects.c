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

/* P25 */
const char *fix_finalizer_on_cycle(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"In %s hand the finalizer a function that uses its argument alone, and let the object lead nowhere that leads back: put what must be closed into a small object of its own, which has the finalizer. From Go 1.24 runtime.AddCleanup does that, and rings do it no harm; an explicit Close is better still.",
		fix_where(findings, &finding->place));
}

/* P26 */
const char *fix_large_stacks(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Hand the array to %s, and on, as a slice or a pointer, and make it once; where it is a variable, let it live no longer than it is needed. Bound %s if there can be many.",
		fix_where(findings, &finding->place), fix_start(findings, finding));
}

/* P18, P7 */
const char *fix_out_of_memory_ahead(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Hold less: bound %s by number, size or age, or read again what can be read again. Set GOMEMLIMIT to about nine tenths of what the control group allows, so that Go collects before the kernel ends the process; give it more memory if it needs that.",
		finding->subject ? finding->subject : "what holds most");
}

/* P19 */
const char *fix_heavy_pool(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Before %s is given something back, look how large it has become: call Put only up to a size that is usual there (`if b.Cap() <= 64<<10`), and leave what is larger to the collector.",
		finding->subject ? finding->subject : "the pool");
}

/* P2 */
const char *fix_cancel_never_called(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"In %s keep the function that comes with the context, and call it on every way out: `ctx, cancel := ...; defer cancel()`. It does no harm when the context is over already.",
		fix_where(findings, &finding->place));
}

/* P10, P20 */
const char *fix_job_without_stop(struct findings *findings, const struct finding *finding)
{
	/* It selects on something besides the ticker already, and stays in its loop all the same. */
	if (finding->also & UINT64_C(1) << RULE_EXIT_STAYS_IN_LOOP)
		return fix_exit_stays_in_loop(findings, finding);
	return findings_text(
		findings,
		"Give %s a way to end: let it select on a context or a channel beside the ticker, stop the ticker when it returns, and have whoever runs %s call that when it is done with the object (Close, or `defer cancel()`).",
		fix_where(findings, &finding->place), fix_start(findings, finding));
}

/* P21 */
const char *fix_file_not_closed(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"In %s write `defer file.Close()` right behind the check of the error, or close where %s lets go of it. Do not leave it to the collector.",
		fix_where(findings, &finding->place),
		finding->subject ? finding->subject : "whoever holds the file");
}

/* P21 */
const char *fix_stream_not_closed(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"In %s close it right behind the check of the error: `defer answer.Body.Close()` (and read it to its end, so that the connection can be used again), `defer rows.Close()`, `defer tx.Rollback()`, `defer conn.Close()` in the goroutine that serves the connection%s%s.",
		fix_where(findings, &finding->place),
		finding->subject ? ", which also takes it out of " : "",
		finding->subject ? finding->subject : "");
}

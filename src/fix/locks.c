/* SPDX-License-Identifier: Apache-2.0 */
#include "fix/fix_private.h"

/* Locks that goroutines wait for in a circle. */
const char *fix_double_lock(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Take the lock once: let %s call a version of what needs it that expects it to be held, and lock in the exported one alone.",
		fix_where(findings, &finding->place));
}

const char *fix_nested_read_lock(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Read-lock once: let %s, which is reached with the lock held, use a version without RLock.",
		fix_where(findings, &finding->place));
}

const char *fix_lock_held_by_creator(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Unlock before waiting: copy what is needed under the lock, release it, and wait for the others then; in %s lock around the shortest piece.",
		fix_where(findings, &finding->place));
}

const char *fix_lock_order(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"Lock in one order everywhere, which the path above says is not so: write the order down beside the locks, and change %s; or do with one lock, or release the first before taking the second.",
		fix_where(findings, &finding->place));
}

const char *fix_lock_order_by_parameters(struct findings *findings, const struct finding *finding)
{
	return findings_text(
		findings,
		"In %s lock the two in an order of their own, not of the parameters: by an id or a name that never changes, the smaller first.",
		fix_where(findings, &finding->place));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "leak/live/locks_private.h"
#include "model/quantity.h"

/* Which of the rules about locks a cycle breaks: L13, L14, L15, L16, L42; and what to say of it. */
static const struct goroutine *goroutine_at(const struct locks *locks, uint32_t index)
{
	return &locks->evidence->goroutines->list.items[index];
}

/* The one that reads, and wants to read once more, behind a writer that waits for it. */
static size_t nested_reader(const struct locks *locks, const struct lock_cycle *cycle)
{
	for (size_t i = 0; i < cycle->count; i++) {
		const struct goroutine *goroutine = goroutine_at(locks, cycle->edges[i].from);
		const struct held_lock *held = lock_cycle_held(locks, cycle, i);
		if (held && held->shared && goroutine->wait.kind == WAIT_RWMUTEX_READ &&
		    goroutine->wait.address == held->address)
			return i;
	}
	return SIZE_MAX;
}

size_t lock_cycle_first(const struct locks *locks, const struct lock_cycle *cycle)
{
	size_t reader = nested_reader(locks, cycle);
	return reader == SIZE_MAX || goroutine_at(locks, cycle->edges[reader].from)->id == 1
		       ? 0
		       : reader;
}

static bool same_place(const struct place *a, const struct place *b)
{
	return a->line == b->line && text_equal(a->function, b->function) &&
	       text_equal(a->file, b->file);
}

/* All members do the same at the same lines: only what they were called with differs. */
static bool is_by_parameters(const struct locks *locks, const struct lock_cycle *cycle)
{
	const struct place_rule *places = &locks->evidence->places;
	const struct held_lock *first = lock_cycle_held(locks, cycle, 0);
	struct place place = goroutine_place(goroutine_at(locks, cycle->edges[0].from), places);
	/* More of them in a ring have an order that goes wrong once, whatever the parameters. */
	if (cycle->count != 2)
		return false;
	for (size_t i = 1; i < cycle->count; i++) {
		const struct held_lock *held = lock_cycle_held(locks, cycle, i);
		struct place other = goroutine_place(goroutine_at(locks, cycle->edges[i].from),
						     places);
		if (!held || !first || !same_place(&place, &other) ||
		    !same_place(&first->taken, &held->taken))
			return false;
	}
	return true;
}

enum rule_id lock_cycle_rule(const struct locks *locks, const struct lock_cycle *cycle)
{
	if (cycle->count == 1)
		return RULE_DOUBLE_LOCK;
	for (size_t i = 0; i < cycle->count; i++) {
		if (cycle->edges[i].held == WAIT_FOR_NONE)
			return RULE_LOCK_HELD_BY_CREATOR;
	}
	if (nested_reader(locks, cycle) != SIZE_MAX)
		return RULE_NESTED_READ_LOCK;
	return is_by_parameters(locks, cycle) ? RULE_LOCK_ORDER_BY_PARAMETERS : RULE_LOCK_ORDER;
}

static const char *title_of(struct locks *locks, const struct lock_cycle *cycle, uint64_t cycles,
			    uint64_t members, enum rule_id rule)
{
	struct findings *findings = locks->findings;
	const struct goroutine *first = goroutine_at(locks, cycle->edges[0].from);
	char text[QUANTITY_SIZE];
	const char *count = quantity_count(members, text);
	bool one = members == 1;
	switch (rule) {
	case RULE_DOUBLE_LOCK:
		if (cycles == 1)
			return findings_text(findings,
					     "a goroutine waits for %s, which it holds itself",
					     lock_name(locks, first->wait.address));
		return findings_text(
			findings, "%s goroutines wait for locks that they hold themselves", count);
	case RULE_NESTED_READ_LOCK:
		return findings_text(
			findings,
			"%s goroutine%s: a second RLock waits for a writer that waits for the first",
			count, one ? "" : "s");
	case RULE_LOCK_HELD_BY_CREATOR:
		return findings_text(
			findings,
			"%s goroutine%s: one holds a lock and waits for another that needs it",
			count, one ? "" : "s");
	default:
		return one ? findings_text(
				     findings,
				     "a goroutine and the main goroutine wait for each other's locks")
			   : findings_text(findings, "%s goroutines wait for each other's locks",
					   count);
	}
}

static const char *reason_of(enum rule_id rule)
{
	switch (rule) {
	case RULE_DOUBLE_LOCK:
		return "A Go lock does not know who holds it, so that the same goroutine cannot lock it twice: it waits for itself.";
	case RULE_NESTED_READ_LOCK:
		return "Once a writer waits, an RWMutex lets no new reader in, not even one who reads already: the second RLock waits for the writer, and the writer for the first RLock to be released.";
	case RULE_LOCK_HELD_BY_CREATOR:
		return "Who holds the lock releases it only after the other one has done its work, and that one needs the lock to do it.";
	case RULE_LOCK_ORDER_BY_PARAMETERS:
		return "One function locks two of its parameters, and was called with them the other way round: each has its first lock and waits for the other's.";
	default:
		return "The locks were taken in different orders: each goroutine holds one and waits for the next one's.";
	}
}

static const char *evidence_of(const struct finding *finding)
{
	if (finding->certainty == CERTAINTY_PROVED)
		return "Nobody who is still able to run can reach these locks.";
	return "Locks do not note who holds them: the holders are told by the code of the functions that they stand in. Nothing but an Unlock from elsewhere would end this.";
}

void lock_cycle_describe(struct locks *locks, const struct lock_cycle *cycle, uint64_t cycles,
			 uint64_t members, uint64_t victims, struct finding *finding)
{
	struct findings *findings = locks->findings;
	char text[QUANTITY_SIZE];
	const char *more = "", *times = "";
	if (victims)
		more = findings_text(findings, " %s more goroutine%s for these locks.",
				     quantity_count(victims, text),
				     victims == 1 ? " waits" : "s wait");
	if (cycles > 1 && finding->rule != RULE_DOUBLE_LOCK)
		times = findings_text(findings, " It has happened %s times; one is shown.",
				      quantity_count(cycles, text));
	finding->title = title_of(locks, cycle, cycles, members, finding->rule);
	finding->why = findings_text(findings, "%s%s%s %s", reason_of(finding->rule), times, more,
				     evidence_of(finding));
	if (finding->certainty == CERTAINTY_SUSPECT)
		finding->settle =
			"This Go release is not known yet: see the warning. A look at the lines named would tell.";
}

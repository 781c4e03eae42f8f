/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "heap/edge_names.h"
#include "heap/names.h"
#include "leak/live/crowd.h"
#include "leak/live/endless_private.h"
#include "leak/live/library.h"
#include "leak/live/liveness.h"
#include "leak/live/past.h"
#include "model/quantity.h"

/*
 * L8 and L9: goroutines in a loop that no path of its machine code leaves. A program has a few such
 * on purpose, which live as long as it does. That there are more at a second look, and that none has
 * ended, is a leak; one look can only count them. Where the loop stands in a select, a case that was
 * meant to end it leaves the select alone.
 */
#define FRESH_LEAST  2
#define ALONE_LEAST  32 /* by one look: as many as nobody starts on purpose, once each */
#define FINDINGS_MAX 5

static bool is_wanted(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	(void)evidence;
	return goroutine->id != 1 && !goroutine->system;
}

struct standing {
	uint64_t kept;   /* were there at the first look, in the same function */
	uint64_t fresh;  /* were not */
	uint64_t before; /* that the same statement had started */
	uint64_t spin;   /* ran at both looks */
};

static struct standing standing_of(const struct live_evidence *evidence,
				   const struct crowds *crowds, const struct crowd *crowd)
{
	struct standing standing = {
		.before = live_past_count(evidence->past, &crowd->creation),
	};
	for (uint32_t i = crowd->first; i != CROWD_END; i = crowds->next[i]) {
		bool kept = live_past_has(evidence, &evidence->goroutines->list.items[i]);
		const struct goroutine *goroutine = &evidence->goroutines->list.items[i];
		standing.kept += kept;
		standing.spin += goroutine->state != GOROUTINE_WAITING &&
				 live_past_ran(evidence, goroutine);
		standing.fresh += !kept;
	}
	return standing;
}

static bool grows(const struct standing *standing)
{
	return standing->kept && standing->fresh >= FRESH_LEAST &&
	       standing->kept >= standing->before;
}

static const char *does_words(bool select, bool one)
{
	if (select)
		return one ? "is in a loop around a select that nothing leaves"
			   : "are in a loop around a select that nothing leaves";
	return one ? "is in a loop that nothing leaves" : "are in a loop that nothing leaves";
}

/*
 * What runs stands now here, now there, in what the loop calls. Of a test's that is told by the loop, so that
 * it is the same in each run; of a crowd in a server the places tell more.
 */
static struct place place_of(const struct crowd *crowd, const struct frame *frame)
{
	const char *function = crowd->place.function;
	if (!crowd->example->owner || (function && strcmp(function, frame->function) == 0))
		return crowd->place;
	return (struct place){ frame->function, frame->file, frame->line };
}

static struct error *report(const struct live_evidence *evidence, const struct crowds *crowds,
			    const struct crowd *crowd, const struct standing *standing,
			    const struct endless_loop *loop, struct findings *ret)
{
	char count[QUANTITY_SIZE], fresh[QUANTITY_SIZE];
	struct finding finding = crowd_finding(crowd, loop->select ? RULE_EXIT_STAYS_IN_LOOP
								   : RULE_ENDLESS_LOOP);
	bool growing = standing && grows(standing);
	bool left = crowd->example->owner_ended;
	finding.place = place_of(crowd, loop->frame);
	finding.certainty = growing || left ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT;
	finding.title = findings_text(ret, "%s goroutine%s %s", quantity_count(crowd->count, count),
				      crowd->count == 1 ? "" : "s",
				      does_words(loop->select, crowd->count == 1));
	finding.why = "No path of the function's machine code leads from there to its end.";
	if (growing) {
		finding.growth_per_hour = live_per_hour(evidence->past, (int64_t)standing->fresh);
		finding.why = findings_text(
			ret, "%s %s stood there at the first look as well, and %s more came %s.",
			finding.why, quantity_count(standing->kept, count),
			quantity_count(standing->fresh, fresh),
			live_past_since(evidence->past, ret));
	} else if (left) {
		finding.why = findings_text(ret, "%s Who started it has ended.", finding.why);
	} else if (standing) {
		finding.why = findings_text(
			ret,
			"%s It ran at both looks, when a loop mostly waits for something to do.",
			finding.why);
		finding.settle =
			"Look at its load: what has work to do is idle when there is none, what spins is not.";
	} else if (loop->ready) {
		finding.why = findings_text(
			ret,
			"%s It runs, and the loop has a channel at hand that is closed: what receives from that never waits.",
			finding.why);
		finding.settle =
			"Look twice (--over 3s): what spins runs each time, and has no work to do.";
	} else {
		finding.settle =
			"Count them again after a while (--over 30s): those that live as long as the program do not get more.";
	}
	return crowd_report(evidence, crowds, crowd, &finding, ret);
}

/* Another test has left one behind that does the same: so it is not one that all of them share. */
static bool is_left_again(const struct crowds *crowds, const struct crowd *crowd)
{
	for (size_t i = 0; i < crowds->list.count; i++) {
		const struct crowd *other = &crowds->list.items[i];
		if (other != crowd && other->example->owner_ended &&
		    other->creation.line == crowd->creation.line &&
		    text_equal(other->creation.function, crowd->creation.function))
			return true;
	}
	return false;
}

/* Nobody but the goroutine itself leads to what it waits for. */
static bool waits_alone(const struct live_evidence *evidence, const struct goroutine *goroutine)
{
	const struct wait *wait = &goroutine->wait;
	for (uint32_t i = 0; i < wait->channel_count; i++) {
		uint32_t vertex = library_vertex(evidence->heap, wait->channels[i].address);
		uint32_t holder = vertex == VERTEX_NONE ? VERTEX_NONE
							: library_dominator(evidence->heap, vertex);
		if (!wait->channels[i].closed && holder == VERTEX_NONE)
			return false;
	}
	return wait->channel_count > 0;
}

/* The goroutine's variable is of one of the program's own functions. */
static bool is_own_variable(const struct live_evidence *evidence, const struct heap_root *root,
			    const struct heap_root_pointer *pointer)
{
	struct heap_frame_place place;
	return pointer && !pointer->conservative &&
	       error_ignore(heap_frame_place(evidence->heap, root, pointer, &place)) &&
	       place.frame && place_is_users(&evidence->places, place.frame->function);
}

/*
 * Others lead to what it works on as well: the last one of several that a package had, which is still
 * in use, say. What it has for itself beside says nothing: who cleans up for all keeps a list of what
 * is to be done, too. Who works on nothing works for nobody.
 */
static bool works_for_others(const struct live_evidence *evidence,
			     const struct goroutine *goroutine)
{
	const struct heap *heap = evidence->heap;
	const struct heap_graph *graph = &heap->scan.graph;
	uint32_t vertex = evidence->liveness ? liveness_root(evidence->liveness, goroutine)
					     : VERTEX_NONE;
	if (vertex == VERTEX_NONE || !heap->dominators.count)
		return false;
	const struct heap_root *root = heap_vertex_root(heap, vertex);
	for (uint32_t i = 0; i < graph->rows[vertex + 1] - graph->rows[vertex]; i++) {
		uint32_t edge = graph->edges[graph->rows[vertex] + i];
		if (edge == EDGE_NONE ||
		    !is_own_variable(evidence, root, heap_root_edge(heap, vertex, i)))
			continue;
		if (library_dominator(heap, edge_target(edge)) != vertex)
			return true;
	}
	return false;
}

static bool is_in_test(const char *file)
{
	static const char end[] = "_test.go";
	size_t length = file ? strlen(file) : 0;
	return length >= strlen(end) && strcmp(file + length - strlen(end), end) == 0;
}

/*
 * Of an owner that has ended. One such may be what a package does for all, begun when it was first
 * needed; no test would start that itself, and there are not two of it for what is in use.
 */
static bool is_left(const struct live_evidence *evidence, const struct crowds *crowds,
		    const struct crowd *crowd)
{
	return crowd->example->owner_ended &&
	       (is_in_test(crowd->creation.file) ||
		(is_left_again(crowds, crowd) && !works_for_others(evidence, crowd->example)) ||
		waits_alone(evidence, crowd->example));
}

/* Is there something to be said with that certainty? */
static bool is_asked(const struct live_evidence *evidence, const struct crowds *crowds,
		     const struct crowd *crowd, const struct standing *standing,
		     enum certainty certainty)
{
	if (crowd->example->owner)
		return certainty == CERTAINTY_LIKELY && is_left(evidence, crowds, crowd);
	if (!evidence->past)
		return certainty == CERTAINTY_SUSPECT && crowd->count >= ALONE_LEAST;
	if (grows(standing))
		return certainty == CERTAINTY_LIKELY;
	return certainty == CERTAINTY_SUSPECT && standing->spin;
}

/* True when there was. */
static struct error *judge(const struct live_evidence *evidence, const struct crowds *crowds,
			   const struct crowd *crowd, enum certainty certainty,
			   struct findings *ret, bool *ret_found)
{
	struct standing standing = { 0 };
	struct endless_loop loop;
	*ret_found = false;
	if (evidence->past)
		standing = standing_of(evidence, crowds, crowd);
	if (!is_asked(evidence, crowds, crowd, &standing, certainty))
		return NULL;
	TRY(endless_find_loop(evidence, crowd->example, &loop));
	if (!loop.frame)
		return NULL;
	*ret_found = true;
	return report(evidence, crowds, crowd, evidence->past ? &standing : NULL, &loop, ret);
}

/* By one look: those that spin, as their loops have it. */
static struct error *find_spinning(const struct live_evidence *evidence, const bool *spinning,
				   struct findings *ret)
{
	_cleanup_(crowds_deinit) struct crowds crowds = { 0 };
	TRY(crowds_gather_flagged(evidence, spinning, &crowds));
	for (size_t i = 0; i < crowds.list.count && i < FINDINGS_MAX; i++) {
		const struct crowd *crowd = &crowds.list.items[i];
		struct endless_loop loop;
		TRY(endless_find_loop(evidence, crowd->example, &loop));
		loop.ready = true;
		if (loop.frame)
			TRY(report(evidence, &crowds, crowd, NULL, &loop, ret));
	}
	return NULL;
}

static struct error *find(const struct live_evidence *evidence, enum certainty certainty,
			  struct findings *ret)
{
	_cleanup_(crowds_deinit) struct crowds crowds = { 0 };
	unsigned found = 0;
	if (!evidence->heap)
		return NULL;
	TRY(crowds_gather(evidence, is_wanted, &crowds));
	for (size_t i = 0; i < crowds.list.count; i++) {
		/* Of tests each has its own. */
		if (found >= FINDINGS_MAX && !crowds.list.items[i].example->owner)
			continue;
		bool is_finding;
		TRY(judge(evidence, &crowds, &crowds.list.items[i], certainty, ret, &is_finding));
		found += is_finding;
	}
	return NULL;
}

static struct error *endless_find(const struct live_evidence *evidence, void *notes,
				  struct findings *ret)
{
	(void)notes;
	return find(evidence, CERTAINTY_LIKELY, ret);
}

static struct error *maybe_endless_find(const struct live_evidence *evidence, void *notes,
					struct findings *ret)
{
	if (notes && !evidence->past)
		TRY(find_spinning(evidence, notes, ret));
	return find(evidence, CERTAINTY_SUSPECT, ret);
}

static struct error *maybe_endless_read(const struct live_evidence *evidence, void **ret_notes)
{
	bool *spinning;
	TRY(endless_find_spinning(evidence, &spinning));
	*ret_notes = spinning;
	return NULL;
}

const struct live_detector live_endless = { .find = endless_find };
const struct live_detector live_maybe_endless = {
	.read = maybe_endless_read,
	.find = maybe_endless_find,
	.forget = free,
};

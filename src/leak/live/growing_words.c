/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/growing_private.h"

#include <string.h>

#include "leak/live/holder.h"
#include "model/quantity.h"

/* The newest of a map's pieces or, of something else, of the objects: its site is who fills it. */
static uint32_t filler_of(const struct live_evidence *evidence, uint32_t vertex)
{
	const struct heap *heap = evidence->heap;
	const struct dominator_tree *tree = evidence->tree;
	uint32_t number = heap->dominators.numbers[vertex], best = VERTEX_NONE;
	uint64_t most = 0;
	for (uint32_t child = dominator_tree_first(tree, number); child;
	     child = dominator_tree_next(tree, number, child)) {
		uint32_t object = heap->dominators.vertices[child];
		if (object >= heap->scan.graph.object_count ||
		    heap_object_size(heap, object) <= most)
			continue;
		most = heap_object_size(heap, object);
		best = object;
	}
	return best;
}

/* One of what it holds, the largest of the samples. */
static uint32_t element_of(const struct live_evidence *evidence, const struct growing *growing)
{
	const struct heap *heap = evidence->heap;
	const struct live_holdings *holdings = evidence->holdings;
	const struct live_holding *holding = live_holdings_find(holdings, growing->example_address);
	uint32_t best = VERTEX_NONE;
	for (size_t i = 0; holding && i < holding->sample_count; i++) {
		uint64_t address = holdings->samples.items[holding->first_sample + i];
		uint32_t edge = heap_spans_edge(&heap->spans, address);
		if (edge != EDGE_NONE &&
		    (best == VERTEX_NONE ||
		     heap_object_size(heap, edge_target(edge)) > heap_object_size(heap, best)))
			best = edge_target(edge);
	}
	return best;
}

static struct error *tell_place(const struct live_evidence *evidence, const struct growing *growing,
				struct findings *findings, struct finding *finding)
{
	struct finding filler = { 0 };
	const uint32_t vertices[] = { filler_of(evidence, growing->example),
				      element_of(evidence, growing),
				      /* append makes the array that holds its elements itself */
				      growing->kind == HOLDING_SLICE ? growing->example
								     : VERTEX_NONE };
	TRY(live_holder_tell(evidence, growing->example, findings, finding));
	finding->place = (struct place){ 0 };
	finding->place_word = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(vertices) && !filler.place.function; i++) {
		if (vertices[i] != VERTEX_NONE)
			TRY(live_holder_place(evidence, vertices[i], growing->example, &filler));
		/* The library's own code is told by who calls it, or not at all. */
		if (filler.place.function &&
		    !place_is_users(&evidence->places, filler.place.function))
			filler.place = (struct place){ 0 };
	}
	if (!filler.place.function)
		return NULL;
	finding->place = filler.place;
	finding->place_word = strcmp(filler.place_word, "allocated by") == 0 ? "filled by"
			      : strcmp(filler.place_word, "may be allocated by") == 0
				      ? "may be filled by"
				      : "may be filled, among other places, by";
	return NULL;
}

static const char *name_of(const struct finding *finding, struct findings *findings,
			   const struct growing *growing)
{
	if (finding->subject)
		return finding->subject;
	if (growing->kind == HOLDING_GLOBAL && finding->path_count)
		return finding->path[0];
	if (growing->kind == HOLDING_SLICE)
		return finding->path_count
			       ? findings_text(findings, "a slice of %s", finding->path[0])
			       : "a slice";
	return finding->path_count ? findings_text(findings, "a map of %s", finding->path[0])
				   : "a map";
}

static const char *noun_of(const struct growing *growing)
{
	return growing->kind == HOLDING_GLOBAL  ? "objects"
	       : growing->kind == HOLDING_SLICE ? "elements"
						: "entries";
}

static const char *title_of(const struct live_evidence *evidence, const struct growing *growing,
			    const struct finding *finding, struct findings *findings)
{
	char entries[QUANTITY_SIZE], bytes[QUANTITY_SIZE];
	const char *name = name_of(finding, findings, growing);
	const char *what = noun_of(growing);
	const char *amount = findings_text(findings, "%s %s, %s",
					   quantity_count(growing->entries, entries), what,
					   quantity_bytes((int64_t)growing->bytes, bytes));
	if (!evidence->past)
		return findings_text(findings, "%s holds much of the heap: %s", name, amount);
	const char *since = live_past_since(evidence->past, findings);
	if (finding->certainty == CERTAINTY_LIKELY)
		return evidence->past->rounds || growing->samples >= GROWING_SAMPLES_LEAST
			       ? findings_text(findings, "%s only grows: %s, none removed %s", name,
					       amount, since)
			       : findings_text(findings, "%s grows: %s, %s more %s", name, amount,
					       quantity_bytes((int64_t)(growing->bytes -
									growing->bytes_before),
							      bytes),
					       since);
	return findings_text(findings, "%s grows: %s", name, amount);
}

static bool is_map(const struct growing *growing)
{
	return growing->kind == HOLDING_MAP || growing->kind == HOLDING_SYNC_MAP;
}

static bool is_all_kept(const struct live_evidence *evidence, const struct growing *growing)
{
	if (evidence->past->rounds)
		return growing->samples > 0;
	return growing->samples >= GROWING_SAMPLES_LEAST &&
	       growing->kept * 100 >= growing->samples * GROWING_KEPT_PERCENT;
}

/* Why it is no more than a suspicion, though two looks were had. */
static const char *doubt_of(const struct live_evidence *evidence, const struct growing *growing)
{
	if (growing->passing)
		return "Only a goroutine that can still come to its end holds it: it may be a job's, and go with it.";
	if (growing->entry)
		return "It belongs to an entry of a map, and there is code that deletes such entries: it may go with that.";
	if (evidence->past->rounds)
		return growing->endless || !is_map(growing)
			       ? "But these are few, or a cache keeps them, which may get full."
			       : "But there is code that deletes from such a map: a cache looks like this until it is full.";
	if (growing->batch)
		return growing->reserved * 2 >= growing->count
			       ? "The room for it was asked for in advance: a batch looks like this until it is sent."
			       : "As it grows now it was empty not long ago: a batch looks like this until it is sent.";
	if (!growing->samples)
		return "Whether anything is removed cannot be seen: what it holds are no objects of their own.";
	if (!is_all_kept(evidence, growing))
		return "Some of what it held is gone: a cache that is still filling looks like that.";
	if (!growing->endless && growing->kind != HOLDING_SLICE && growing->kind != HOLDING_GLOBAL)
		return "All that it held before and that was looked at is still there. But there is code that deletes from such a map: a store with a time limit looks like this until its first entry is old enough.";
	return "All that it held before and that was looked at is still there. But these are few.";
}

static const char *why_of(const struct live_evidence *evidence, const struct growing *growing,
			  const struct finding *finding, struct findings *findings)
{
	char count[QUANTITY_SIZE], bytes[QUANTITY_SIZE];
	if (!evidence->past)
		return growing->endless
			       ? "No code of the program deletes from such a map. One look cannot tell one that is full, or is filled once, from one that has no end."
			       : "One look cannot tell a cache that is full from one that has no end.";
	const char *since = live_past_since(evidence->past, findings);
	int64_t more_bytes = (int64_t)(growing->bytes - growing->bytes_before);
	const char *grew = findings_text(
		findings, "%s more %s and %s more %s",
		quantity_count(growing->entries - growing->entries_before, count), noun_of(growing),
		quantity_bytes(MAX(more_bytes, INT64_C(0)), bytes), since);
	if (finding->certainty == CERTAINTY_SUSPECT)
		return findings_text(findings, "It has %s. %s", grew, doubt_of(evidence, growing));
	if (!is_all_kept(evidence, growing))
		return findings_text(findings, "It has %s.", grew);
	return findings_text(
		findings,
		"It has %s, and all that it held before and that was looked at (%llu %s) is still there.%s",
		grew,
		(unsigned long long)(evidence->past->rounds ? growing->kept : growing->samples),
		growing->alike ? "elements" : "objects",
		growing->endless ? " No code deletes from such a map." : "");
}

struct error *growing_words(const struct live_evidence *evidence, const struct growing *growing,
			    struct findings *findings, struct finding *finding)
{
	TRY(tell_place(evidence, growing, findings, finding));
	finding->title = title_of(evidence, growing, finding, findings);
	finding->why = why_of(evidence, growing, finding, findings);
	if (finding->certainty == CERTAINTY_SUSPECT)
		finding->settle = evidence->past && evidence->past->rounds
					  ? "Run the tests more often: -count 20."
				  : evidence->past
					  ? "Look again over a longer time, at like load."
					  : "Look twice: --over 30s tells whether it grows.";
	return NULL;
}

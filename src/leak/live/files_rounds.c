/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/files_private.h"
#include "leak/live/past.h"
#include "model/quantity.h"

/*
 * L32, and L33 for sockets, of tests that are run several times over: each run leaves some more open than
 * the one before. A few are enough: what is open once for all is open after the first run.
 */
struct open_ones {
	enum closable_kind kind;
	bool dropped;
	uint64_t now;
	uint64_t before;
	const struct closable *newest;
};

static void count(const struct closable_vector *list, struct open_ones *ones)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct closable *one = &list->items[i];
		if (one->kind != ones->kind || one->reached == ones->dropped || one->number <= 2)
			continue;
		ones->now++;
		if (!ones->newest || one->number > ones->newest->number)
			ones->newest = one;
	}
}

static const char *title_of(const struct open_ones *ones, const struct live_past *past,
			    struct findings *ret)
{
	char more[QUANTITY_SIZE];
	return findings_text(ret, "%s %s were opened and not closed %s",
			     quantity_count(ones->now - ones->before, more),
			     ones->kind == CLOSABLE_FILE ? "files" : "sockets",
			     live_past_since(past, ret));
}

static struct error *tell(const struct live_evidence *evidence, const struct open_ones *ones,
			  enum certainty certainty, struct findings *ret)
{
	struct finding finding = {
		.rule = ones->kind == CLOSABLE_FILE ? RULE_FILE_NOT_CLOSED : RULE_STREAM_NOT_CLOSED,
		.certainty = certainty,
		.count = ones->now - ones->before,
		.bytes = -1,
		.growth_per_hour = INT64_MIN,
		.bytes_per_hour = INT64_MIN,
		.wait_min_ns = -1,
		.wait_max_ns = -1,
		.title = title_of(ones, evidence->rounds, ret),
		.why = ones->dropped
			       ? "Nothing leads to them any more, and nobody has called Close: only their finalizers will, once the collector has found them."
			       : "Each run of the tests leaves more of them open than there were, and something still leads to them.",
		.settle = certainty == CERTAINTY_SUSPECT ? "Run the tests more often: -count 20."
							 : NULL,
	};
	TRY(files_place(evidence, ones->kind, ones->dropped ? VERTEX_NONE : ones->newest->vertex,
			ret, &finding));
	return finding_vector_append(&ret->list, &finding);
}

struct error *files_find_rounds(const struct live_evidence *evidence,
				const struct closable_vector *list, struct findings *ret)
{
	const struct live_past *past = evidence->rounds;
	for (int kind = 0; kind < CLOSABLE_KINDS; kind++) {
		for (int dropped = 0; dropped < 2; dropped++) {
			struct open_ones ones = {
				.kind = (enum closable_kind)kind,
				.dropped = dropped != 0,
				.before = past->holdings.open[kind][dropped],
			};
			bool even;
			count(list, &ones);
			if (!live_rounds_grow(past->rounds, ones.before,
					      past->rounds->middle.open[kind][dropped], ones.now,
					      &even))
				continue;
			bool sure = even && ones.now - ones.before >= LIVE_ROUNDS_MORE;
			TRY(tell(evidence, &ones, sure ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT,
				 ret));
		}
	}
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/big_array.h"
#include "heap/edge_names.h"
#include "heap/holders.h"
#include "heap/tops.h"
#include "leak/live/holder.h"
#include "leak/live/past.h"
#include "model/quantity.h"

/*
 * L26, L27, L29: globals, maps and sync.Maps that only grow. Two looks tell: there are more entries,
 * and of what was held at the first look all is still held at the second. What also loses entries is
 * a cache or a queue at work, and no more than suspected where it grows all the same.
 *
 * One look sees neither, and speaks only of what holds most of a large heap.
 */
#define GROWTH_LEAST         16 /* entries: fewer come and go with any request */
#define GROWTH_PER_MILLE     1  /* of what there was: slower growth is seen over a longer time */
#define BYTES_LEAST          (64 << 10)
#define KEPT_PERCENT         99 /* a sample may be gone by chance */
#define CHURN_KEPT_PERCENT   50 /* below that it is a queue */
#define CHURN_GROWTH_PERCENT 5
#define SAMPLES_LEAST        8 /* that fewer are still there says little */
#define FAST_LEAST           (1 << 20)
#define FAST_PERCENT         10
#define ALONE_LEAST          (UINT64_C(16) << 20) /* bytes: by one look */
#define ALONE_PERCENT        25                   /* and of the reachable heap */
#define FINDINGS_MAX         8

/* Holdings of one kind and type below one root, as one; a global alone. */
struct growing {
	enum holding_kind kind;
	uint32_t type; /* of maps */
	uint32_t top;  /* by number: at the top of the dominator tree */
	uint32_t example;
	uint64_t example_bytes;
	uint64_t count; /* maps */
	uint64_t entries, bytes;
	uint64_t entries_before, bytes_before;
	uint64_t samples, kept; /* of what was held before */
};

DEFINE_VECTOR(growing_vector, struct growing);

struct search {
	const struct live_evidence *evidence;
	uint32_t *tops; /* by number */
	struct growing_vector list;
	struct map by_key;
	uint64_t *explained; /* by number of a top: bytes that maps below it have grown by */
};

static uint32_t number_of(const struct search *search, uint32_t vertex)
{
	return search->evidence->heap->dominators.numbers[vertex];
}

static bool is_still_held(const struct search *search, const struct live_holding *holding,
			  uint64_t address)
{
	const struct heap *heap = search->evidence->heap;
	uint32_t edge = heap_spans_edge(&heap->spans, address);
	if (edge == EDGE_NONE || edge_is_interior(edge) ||
	    !heap_bit(heap->spans.used, edge_target(edge)) ||
	    !heap_is_reached(heap, edge_target(edge)))
		return false;
	uint32_t number = number_of(search, edge_target(edge));
	return number != VERTEX_NONE &&
	       dominator_tree_holds(search->evidence->tree, number_of(search, holding->vertex),
				    number);
}

static void count_kept(const struct search *search, const struct live_holding *now,
		       const struct live_holding *before, struct growing *growing)
{
	const struct u64_vector *samples = &search->evidence->past->holdings.samples;
	for (size_t i = 0; i < before->sample_count; i++)
		growing->kept += is_still_held(search, now,
					       samples->items[before->first_sample + i]);
	growing->samples += before->sample_count;
}

static struct error *find_group(struct search *search, const struct live_holding *holding,
				struct growing **ret)
{
	const struct heap *heap = search->evidence->heap;
	uint32_t top = search->tops[number_of(search, holding->vertex)];
	uint32_t type = holding->kind == HOLDING_MAP ? heap_object_type(heap, holding->vertex) : 0;
	uint64_t key = (uint64_t)type << 34 | (uint64_t)top << 2 | holding->kind;
	struct growing fresh = { .kind = holding->kind, .type = type, .top = top };
	struct map_slot *slot;
	TRY(map_insert(&search->by_key, key & INT64_MAX, search->list.count, &slot));
	if (slot->value == search->list.count)
		TRY(growing_vector_append(&search->list, &fresh));
	*ret = &search->list.items[slot->value];
	return NULL;
}

static struct error *add(struct search *search, const struct live_holding *holding)
{
	const struct live_past *past = search->evidence->past;
	const struct live_holding *before =
		past ? live_holdings_find(&past->holdings, holding->address) : NULL;
	struct growing *growing;
	/* What was not there is what something else has grown by. */
	if (past && (!before || before->kind != holding->kind))
		return NULL;
	TRY(find_group(search, holding, &growing));
	growing->count++;
	growing->entries += holding->entries;
	growing->bytes += holding->bytes;
	if (holding->bytes >= growing->example_bytes) {
		growing->example = holding->vertex;
		growing->example_bytes = holding->bytes;
	}
	if (!before)
		return NULL;
	growing->entries_before += before->entries;
	growing->bytes_before += before->bytes;
	count_kept(search, holding, before, growing);
	return NULL;
}

static struct error *gather(struct search *search)
{
	const struct live_evidence *evidence = search->evidence;
	const struct live_holding_vector *list = &evidence->holdings->list;
	TRY(heap_tops_find(&evidence->heap->dominators, &search->tops));
	for (size_t i = 0; i < list->count; i++)
		TRY(add(search, &list->items[i]));
	return NULL;
}

static bool is_large(const struct search *search, const struct growing *growing)
{
	uint64_t reachable = search->evidence->holdings->reachable_bytes;
	return growing->bytes >= ALONE_LEAST && growing->bytes >= reachable / 100 * ALONE_PERCENT;
}

static bool has_grown(const struct growing *growing)
{
	uint64_t more = growing->entries - growing->entries_before;
	uint64_t bytes = growing->bytes - growing->bytes_before;
	if (growing->bytes <= growing->bytes_before)
		return growing->kind != HOLDING_GLOBAL &&
		       growing->entries > growing->entries_before && more >= GROWTH_LEAST &&
		       more * 1000 >= growing->entries_before;
	if (growing->kind == HOLDING_GLOBAL)
		return bytes >= BYTES_LEAST &&
		       bytes * 1000 / GROWTH_PER_MILLE >= growing->bytes_before;
	return growing->entries > growing->entries_before && more >= GROWTH_LEAST &&
	       more * 1000 / GROWTH_PER_MILLE >= growing->entries_before;
}

/* Where no objects tell whether any are gone: a buffer that was made larger once is not enough. */
static bool is_growing_fast(const struct growing *growing)
{
	uint64_t more = growing->bytes - growing->bytes_before;
	return growing->bytes > growing->bytes_before && more >= FAST_LEAST &&
	       more * 100 >= growing->bytes_before * FAST_PERCENT;
}

/* What a sync.Pool keeps comes and goes with the collections: it has a rule of its own. */
static bool is_pool(const struct search *search, const struct growing *growing)
{
	const struct heap *heap = search->evidence->heap;
	const struct dominator_tree *tree = search->evidence->tree;
	uint32_t number = number_of(search, growing->example);
	for (uint32_t child = dominator_tree_first(tree, number); child;
	     child = dominator_tree_next(tree, number, child)) {
		uint32_t vertex = heap->dominators.vertices[child];
		const char *name = NULL;
		if (vertex < heap->scan.graph.object_count &&
		    error_ignore(
			    heap_types_name(heap->types, heap_object_type(heap, vertex), &name)) &&
		    strstr(name, "sync.poolLocal"))
			return true;
	}
	return false;
}

/* False: nothing is to be said. */
static bool judge(const struct search *search, const struct growing *growing, enum certainty *ret)
{
	*ret = CERTAINTY_SUSPECT;
	if (!search->evidence->past || !search->evidence->past->has_heap)
		return is_large(search, growing);
	if (!has_grown(growing))
		return false;
	if (growing->samples < SAMPLES_LEAST) {
		*ret = is_growing_fast(growing) ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT;
		return true;
	}
	uint64_t kept = growing->kept * 100 / growing->samples;
	if (kept >= KEPT_PERCENT)
		*ret = CERTAINTY_LIKELY;
	else if (kept < CHURN_KEPT_PERCENT || (growing->bytes - growing->bytes_before) * 100 <
						      growing->bytes_before * CHURN_GROWTH_PERCENT)
		return false;
	return true;
}

/* The newest of a map's pieces or, of something else, of the objects: its site is who fills it. */
static uint32_t filler_of(const struct search *search, uint32_t vertex)
{
	const struct heap *heap = search->evidence->heap;
	const struct dominator_tree *tree = search->evidence->tree;
	uint32_t number = number_of(search, vertex), best = VERTEX_NONE;
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
static uint32_t element_of(const struct search *search, uint32_t vertex)
{
	const struct heap *heap = search->evidence->heap;
	const struct live_holdings *holdings = search->evidence->holdings;
	const struct heap_root *root = heap_vertex_root(heap, vertex);
	const struct live_holding *holding = live_holdings_find(
		holdings, root ? root->address : heap_value_address(heap, vertex));
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

static struct error *tell_place(const struct search *search, const struct growing *growing,
				struct findings *findings, struct finding *finding)
{
	struct finding filler = { 0 };
	const uint32_t vertices[] = { filler_of(search, growing->example),
				      element_of(search, growing->example) };
	TRY(live_holder_tell(search->evidence, growing->example, findings, finding));
	finding->place = (struct place){ 0 };
	finding->place_word = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(vertices) && !filler.place.function; i++) {
		if (vertices[i] != VERTEX_NONE)
			TRY(live_holder_tell(search->evidence, vertices[i], findings, &filler));
		/* The library's own code is told by who calls it, or not at all. */
		if (filler.place.function &&
		    !place_is_users(&search->evidence->places, filler.place.function))
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
	return finding->path_count ? findings_text(findings, "a map of %s", finding->path[0])
				   : "a map";
}

static const char *title_of(const struct search *search, const struct growing *growing,
			    const struct finding *finding, struct findings *findings)
{
	char entries[QUANTITY_SIZE], bytes[QUANTITY_SIZE];
	const char *name = name_of(finding, findings, growing);
	const char *what = growing->kind == HOLDING_GLOBAL ? "objects" : "entries";
	const char *amount = findings_text(findings, "%s %s, %s",
					   quantity_count(growing->entries, entries), what,
					   quantity_bytes((int64_t)growing->bytes, bytes));
	if (!search->evidence->past)
		return findings_text(findings, "%s holds much of the heap: %s", name, amount);
	const char *since = live_past_since(search->evidence->past, findings);
	if (finding->certainty == CERTAINTY_LIKELY)
		return growing->samples >= SAMPLES_LEAST
			       ? findings_text(findings, "%s only grows: %s, none removed %s", name,
					       amount, since)
			       : findings_text(findings, "%s grows: %s, %s more %s", name, amount,
					       quantity_bytes((int64_t)(growing->bytes -
									growing->bytes_before),
							      bytes),
					       since);
	return findings_text(findings, "%s grows: %s", name, amount);
}

static const char *why_of(const struct search *search, const struct growing *growing,
			  const struct finding *finding, struct findings *findings)
{
	char count[QUANTITY_SIZE], bytes[QUANTITY_SIZE];
	if (!search->evidence->past)
		return "One look cannot tell a cache that is full from one that has no end.";
	const char *since = live_past_since(search->evidence->past, findings);
	int64_t more_bytes = (int64_t)(growing->bytes - growing->bytes_before);
	const char *grew =
		findings_text(findings, "%s more %s and %s more %s",
			      quantity_count(growing->entries - growing->entries_before, count),
			      growing->kind == HOLDING_GLOBAL ? "objects" : "entries",
			      quantity_bytes(MAX(more_bytes, INT64_C(0)), bytes), since);
	if (growing->samples >= SAMPLES_LEAST && finding->certainty == CERTAINTY_LIKELY)
		return findings_text(
			findings,
			"It has %s, and all that it held before and that was looked at (%llu objects) is still there.",
			grew, (unsigned long long)growing->samples);
	if (!growing->samples)
		return findings_text(
			findings,
			"It has %s. Whether anything is removed cannot be seen: what it holds are no objects of their own.",
			grew);
	return findings_text(
		findings,
		"It has %s, though some of what it held is gone: a cache that is still filling looks like that.",
		grew);
}

static enum rule_id rule_of(const struct growing *growing)
{
	switch (growing->kind) {
	case HOLDING_MAP:
		return RULE_MAP_WITHOUT_LIMIT;
	case HOLDING_SYNC_MAP:
		return RULE_GROWING_SYNC_MAP;
	default:
		return RULE_GROWING_GLOBAL;
	}
}

static struct error *report(struct search *search, const struct growing *growing,
			    enum certainty certainty, struct findings *findings)
{
	const struct live_past *past = search->evidence->past;
	struct finding finding = {
		.rule = rule_of(growing),
		.certainty = certainty,
		.count = growing->entries,
		.bytes = (int64_t)growing->bytes,
		.growth_per_hour = INT64_MIN,
		.bytes_per_hour = INT64_MIN,
		.wait_min_ns = -1,
		.wait_max_ns = -1,
	};
	if (past) {
		finding.growth_per_hour =
			live_per_hour(past, (int64_t)(growing->entries - growing->entries_before));
		finding.bytes_per_hour =
			live_per_hour(past, (int64_t)(growing->bytes - growing->bytes_before));
	}
	TRY(tell_place(search, growing, findings, &finding));
	finding.title = title_of(search, growing, &finding, findings);
	finding.why = why_of(search, growing, &finding, findings);
	if (certainty == CERTAINTY_SUSPECT)
		finding.settle = past ? "Look again over a longer time, at like load."
				      : "Look twice: --over 30s tells whether it grows.";
	return finding_vector_append(&findings->list, &finding);
}

static int compare(const void *left, const void *right)
{
	const struct growing *a = left, *b = right;
	/* Globals last: what their maps explain is theirs. */
	if ((a->kind == HOLDING_GLOBAL) != (b->kind == HOLDING_GLOBAL))
		return a->kind == HOLDING_GLOBAL ? 1 : -1;
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? 1 : -1;
	return a->example < b->example ? -1 : a->example > b->example;
}

/* Bytes that it has more, or by one look has at all. */
static uint64_t weight_of(const struct search *search, const struct growing *growing)
{
	return search->evidence->past ? growing->bytes - growing->bytes_before : growing->bytes;
}

static struct error *report_all(struct search *search, struct findings *findings)
{
	size_t found = 0;
	if (search->list.count)
		qsort(search->list.items, search->list.count, sizeof(struct growing), compare);
	for (size_t i = 0; i < search->list.count && found < FINDINGS_MAX; i++) {
		const struct growing *growing = &search->list.items[i];
		enum certainty certainty;
		if (!judge(search, growing, &certainty) ||
		    (growing->kind == HOLDING_GLOBAL && is_pool(search, growing)))
			continue;
		uint64_t weight = weight_of(search, growing);
		if (growing->kind == HOLDING_GLOBAL &&
		    search->explained[growing->top] * 2 >= weight)
			continue;
		search->explained[growing->top] += weight;
		TRY(report(search, growing, certainty, findings));
		found++;
	}
	return NULL;
}

static struct error *find(struct search *search, struct findings *findings)
{
	search->explained = calloc(search->evidence->heap->dominators.count + 1,
				   sizeof(*search->explained));
	if (!search->explained)
		return error_no_memory();
	TRY(gather(search));
	return report_all(search, findings);
}

static struct error *growing_find(const struct live_evidence *evidence, void *notes,
				  struct findings *ret)
{
	(void)notes;
	if (!evidence->heap || !evidence->holdings)
		return NULL;
	struct search search = { .evidence = evidence };
	struct error *error = find(&search, ret);
	big_array_free(search.tops, evidence->heap->dominators.count, sizeof(*search.tops));
	free(search.explained);
	map_deinit(&search.by_key);
	growing_vector_deinit(&search.list);
	return error;
}

const struct live_detector live_growing = { .find = growing_find };

/* SPDX-License-Identifier: Apache-2.0 */
#include "leak/live/growing_private.h"

#include <string.h>

#include "base/big_array.h"
#include "heap/tops.h"

/*
 * L26, L27, L29: globals, slices, maps and sync.Maps that only grow. Two looks tell: there are more
 * entries, and of what was held at the first look all is still held at the second. What also loses
 * entries is a cache or a queue at work, and no more than suspected where it grows all the same.
 *
 * One look sees neither, and speaks only of what holds most of a large heap.
 */
#define ALONE_LEAST   (UINT64_C(16) << 20) /* bytes: by one look */
#define ALONE_PERCENT 25                   /* and of the reachable heap */
#define MOST_LEAST    (UINT64_C(2) << 20)  /* where it is most of that */
#define MOST_PERCENT  50
#define FINDINGS_MAX  8

struct search {
	const struct live_evidence *evidence;
	uint32_t *tops; /* by number */
	struct growing_vector list;
	struct map by_key;
	struct growing_deletions deletions;
	uint64_t *explained; /* by number of a top: bytes that maps below it have grown by */
	const struct growing *told[FINDINGS_MAX];
	size_t told_count;
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
	const struct live_holdings *past = &search->evidence->past->holdings;
	const struct u64_vector *samples = &past->samples;
	uint64_t told, same;
	if (now->kind == HOLDING_SLICE && before->sample_count < GROWING_SAMPLES_LEAST) {
		live_contents_compare(past, before, search->evidence->holdings, now, &told, &same);
		growing->samples += told;
		growing->kept += same;
		growing->alike |= told != 0;
		return;
	}
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
	uint32_t type = holding->kind == HOLDING_MAP || holding->kind == HOLDING_SLICE
				? heap_object_type(heap, holding->vertex)
				: 0;
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
	growing->partial |= holding->partial || (before && before->partial);
	growing->entries += holding->entries;
	growing->bytes += holding->bytes;
	if (holding->bytes >= growing->example_bytes) {
		growing->example = holding->vertex;
		growing->example_bytes = holding->bytes;
		growing->example_address = holding->address;
	}
	if (!before)
		return NULL;
	growing->entries_before += before->entries;
	growing->bytes_before += before->bytes;
	if (past->rounds) {
		const struct live_holding *middle = live_holdings_find(&past->rounds->middle,
								       holding->address);
		bool there = middle && middle->kind == holding->kind;
		growing->absent += !there;
		growing->entries_middle += there ? middle->entries : 0;
	}
	growing->reserved += holding->reserved && holding->array == before->array;
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

/* By one look: a good part of a large heap; or most of any, where nothing is seen to be deleted. */
static bool is_large(const struct search *search, const struct growing *growing)
{
	uint64_t reachable = search->evidence->holdings->reachable_bytes;
	return growing->bytes >= ALONE_LEAST && growing->bytes >= reachable / 100 * ALONE_PERCENT;
}

static bool is_most(const struct search *search, const struct growing *growing)
{
	uint64_t reachable = search->evidence->holdings->reachable_bytes;
	return growing->bytes >= MOST_LEAST && growing->bytes >= reachable / 100 * MOST_PERCENT;
}

static bool is_map(const struct growing *growing)
{
	return growing->kind == HOLDING_MAP || growing->kind == HOLDING_SYNC_MAP;
}

static struct error *judge_alone(struct search *search, struct growing *growing,
				 struct findings *findings, bool *ret)
{
	bool large = is_large(search, growing);
	*ret = large || is_most(search, growing);
	if (!*ret || !is_map(growing))
		return NULL;
	TRY(growing_never_shrinks(search->evidence, &search->deletions, growing, findings,
				  &growing->endless));
	*ret = large || growing->endless;
	return NULL;
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

/*
 * A variable's objects are those that it holds alone: it gets more of them also when somebody else lets
 * go of some. Then the heap as a whole has not grown with it.
 */
static bool has_taken_over(const struct search *search, const struct growing *growing)
{
	uint64_t before = search->evidence->past->holdings.reachable_bytes;
	uint64_t now = search->evidence->holdings->reachable_bytes;
	uint64_t more = growing->bytes > growing->bytes_before
				? growing->bytes - growing->bytes_before
				: 0;
	return growing->kind == HOLDING_GLOBAL && (now <= before || (now - before) * 2 < more);
}

static bool judge_looks(const struct live_evidence *evidence, struct growing *growing,
			enum certainty *ret)
{
	const struct live_rounds *rounds = evidence->past->rounds;
	return rounds ? growing_judge_rounds(growing, rounds, ret) &&
				!growing_is_none_of_tests(evidence, growing)
		      : growing_judge(growing, ret);
}

/* Where nothing is to be said of it at all, the code need not be looked at. */
static struct error *judge_growth(struct search *search, struct growing *growing,
				  struct findings *findings, enum certainty *ret_certainty,
				  bool *ret)
{
	const struct live_evidence *evidence = search->evidence;
	growing->elapsed_ns = evidence->past->elapsed_ns;
	growing->age_ns = evidence->age_ns;
	growing->endless = is_map(growing);
	*ret = judge_looks(evidence, growing, ret_certainty) &&
	       (evidence->past->rounds || !has_taken_over(search, growing));
	if (!*ret || !is_map(growing))
		return NULL;
	TRY(growing_never_shrinks(evidence, &search->deletions, growing, findings,
				  &growing->endless));
	*ret = judge_looks(evidence, growing, ret_certainty);
	return NULL;
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
	TRY(growing_words(search->evidence, growing, findings, &finding));
	return finding_vector_append(&findings->list, &finding);
}

static int order_of(const struct growing *growing)
{
	return growing->kind == HOLDING_GLOBAL ? 2 : growing->kind == HOLDING_SLICE;
}

static int compare(const void *left, const void *right)
{
	const struct growing *a = left, *b = right;
	/* Maps first, globals last: what maps and slices explain is theirs. */
	int order = order_of(a) - order_of(b);
	if (order)
		return order;
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? 1 : -1;
	return a->example < b->example ? -1 : a->example > b->example;
}

/* Bytes that it has more, or by one look has at all. */
static uint64_t weight_of(const struct search *search, const struct growing *growing)
{
	if (!search->evidence->past)
		return growing->bytes;
	return growing->bytes - MIN(growing->bytes, growing->bytes_before);
}

/* Is it below what has been told of, or above that, and no more than that? */
static bool is_explained(const struct search *search, const struct growing *growing)
{
	const struct dominator_tree *tree = search->evidence->tree;
	if (growing->kind == HOLDING_GLOBAL)
		return search->explained[growing->top] * 2 >= weight_of(search, growing);
	for (size_t i = 0; i < search->told_count && growing->kind == HOLDING_SLICE; i++) {
		uint32_t told = number_of(search, search->told[i]->example);
		uint32_t number = number_of(search, growing->example);
		if (dominator_tree_holds(tree, told, number) ||
		    dominator_tree_holds(tree, number, told))
			return true;
	}
	return false;
}

static void explain(struct search *search, const struct growing *growing)
{
	search->explained[growing->top] += weight_of(search, growing);
	/* Its array is exchanged for a larger one by leaps. */
	if (growing->kind == HOLDING_SLICE)
		search->explained[growing->top] += heap_object_size(search->evidence->heap,
								    growing->example);
}

/* A map below it has told that code deletes from it: then the rest may be a cache's, too. */
static bool has_doubtful_map(const struct search *search, const struct growing *growing)
{
	for (size_t i = 0; i < search->told_count; i++) {
		if (search->told[i]->top == growing->top && is_map(search->told[i]) &&
		    !search->told[i]->endless)
			return true;
	}
	return false;
}

static struct error *consider(struct search *search, struct growing *growing,
			      struct findings *findings)
{
	const struct live_past *past = search->evidence->past;
	enum certainty certainty = CERTAINTY_SUSPECT;
	bool told;
	if (past && past->has_heap)
		TRY(judge_growth(search, growing, findings, &certainty, &told));
	else
		TRY(judge_alone(search, growing, findings, &told));
	/* What is not known of it is not known of the global that has it, either. */
	if (!told && growing->partial)
		explain(search, growing);
	if (!told || is_explained(search, growing) ||
	    (growing->kind == HOLDING_GLOBAL && is_pool(search, growing)))
		return NULL;
	TRY(growing_is_passing(search->evidence, growing, &growing->passing));
	if (certainty > CERTAINTY_SUSPECT)
		TRY(growing_is_entrys(search->evidence, &search->deletions, growing,
				      &growing->entry));
	if (growing->passing || growing->entry ||
	    (past && past->rounds && has_doubtful_map(search, growing)))
		certainty = CERTAINTY_SUSPECT;
	explain(search, growing);
	search->told[search->told_count++] = growing;
	return report(search, growing, certainty, findings);
}

static struct error *report_all(struct search *search, struct findings *findings)
{
	if (search->list.count)
		qsort(search->list.items, search->list.count, sizeof(struct growing), compare);
	for (size_t i = 0; i < search->list.count && search->told_count < FINDINGS_MAX; i++)
		TRY(consider(search, &search->list.items[i], findings));
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
	struct live_evidence of_tests = *evidence;
	of_tests.past = evidence->rounds ? evidence->rounds : evidence->past;
	struct search search = { .evidence = &of_tests };
	struct error *error = find(&search, ret);
	big_array_free(search.tops, evidence->heap->dominators.count, sizeof(*search.tops));
	free(search.explained);
	map_deinit(&search.by_key);
	u64_vector_deinit(&search.deletions.types);
	growing_vector_deinit(&search.list);
	return error;
}

const struct live_detector live_growing = { .find = growing_find };

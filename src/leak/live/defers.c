/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/cycle.h"
#include "base/hash.h"
#include "heap/names.h"
#include "leak/live/library.h"
#include "leak/live/live.h"
#include "model/quantity.h"
#include "runtime/function_name.h"
#include "runtime/member.h"

/*
 * L34: one defer statement, executed again and again in one call of its function. What it defers waits
 * until the function returns, however long its loop goes on. That it is one call is seen by the stack
 * pointer that the runtime notes with each: a function that calls itself has another one each time.
 *
 * A loop over a handful of files does the same and is not worth a word. A hundred pending ones are: a
 * loop has no bound of its own, and descriptors, locks and memory have.
 */
#define MANY_SUSPECT 32
#define MANY_LIKELY  100

#define HOPS_MAX     (UINT64_C(1) << 22) /* of all goroutines */
#define FINDINGS_MAX 8
#define PAGE         UINT64_C(4096)
#define PAGES        64
#define RECORD_MAX   256

/* Calls that one execution of a function has deferred at one statement. */
struct deferrals {
	uint32_t goroutine;
	uint64_t sp;
	uint64_t pc; /* behind the statement */
	uint64_t count;
	uint64_t bytes; /* of the records, their closures, and what only these lead to */
	uint32_t newer; /* vertex of the record before; VERTEX_NONE */
};

DEFINE_VECTOR(deferrals_vector, struct deferrals);

/* One record, newest first. */
struct deferral {
	uint32_t owner;  /* which of the deferrals it is of */
	uint32_t vertex; /* VERTEX_NONE: it is not in the heap */
};

DEFINE_VECTOR(deferral_vector, struct deferral);

struct defer_notes {
	struct deferrals_vector list;
	struct deferral_vector records;
};

/* Records lie side by side: pages are read, and a few are kept. */
struct pages {
	struct target *target;
	uint64_t numbers[PAGES];
	bool good[PAGES];
	uint8_t bytes[PAGES][PAGE];
};

static const uint8_t *page_at(struct pages *pages, uint64_t address)
{
	uint64_t number = address / PAGE, place = number % PAGES;
	if (pages->numbers[place] != number) {
		pages->numbers[place] = number;
		pages->good[place] = error_ignore(
			target_read(pages->target, number * PAGE, pages->bytes[place], PAGE));
	}
	return pages->good[place] ? pages->bytes[place] : NULL;
}

static bool read_record(struct pages *pages, uint64_t address, uint8_t *ret, size_t size)
{
	const uint8_t *page = page_at(pages, address);
	if (!page || address % PAGE + size > PAGE)
		return error_ignore(target_read(pages->target, address, ret, size));
	memcpy(ret, page + address % PAGE, size);
	return true;
}

struct walking {
	const struct heap *heap;
	const struct layout *layout;
	struct pages *pages;
	struct map places; /* by goroutine, stack pointer and program counter */
	uint64_t hops;
	struct defer_notes *notes;
};

static struct error *note_record(struct walking *walking, uint64_t address,
				 const struct deferrals *fresh)
{
	struct deferrals_vector *list = &walking->notes->list;
	struct map_slot *slot;
	uint64_t key = hash_more(hash_more(fresh->goroutine, fresh->sp), fresh->pc) >> 1;
	TRY(map_insert(&walking->places, key, list->count, &slot));
	if (slot->value == list->count)
		TRY(deferrals_vector_append(list, fresh));
	list->items[slot->value].count++;
	const struct deferral record = {
		.owner = (uint32_t)slot->value,
		.vertex = library_vertex(walking->heap, address),
	};
	return deferral_vector_append(&walking->notes->records, &record);
}

/* A goroutine's chain. The stack pointer stands before the program counter. */
static struct error *walk_chain(struct walking *walking, uint32_t goroutine, uint64_t address)
{
	const struct layout *layout = walking->layout;
	uint8_t bytes[RECORD_MAX];
	struct cycle cycle = { 0 };
	while (address && walking->hops++ < HOPS_MAX && !cycle_closes(&cycle, address) &&
	       read_record(walking->pages, address, bytes, (size_t)layout->defer_size)) {
		const struct deferrals fresh = {
			.goroutine = goroutine,
			.sp = member_u64(bytes, layout->defer_pc - 8),
			.pc = member_u64(bytes, layout->defer_pc),
			.newer = VERTEX_NONE,
		};
		TRY(note_record(walking, address, &fresh));
		address = member_u64(bytes, layout->defer_link);
	}
	return NULL;
}

static bool is_understood(const struct layout *layout)
{
	return layout->defer_pc >= 8 && layout->defer_link >= 0 && layout->defer_size > 0 &&
	       layout->defer_size <= RECORD_MAX && layout->defer_pc <= layout->defer_size - 8 &&
	       layout->defer_link <= layout->defer_size - 8 && layout->g_defer >= 0;
}

static struct error *read_chains(const struct live_evidence *evidence, struct walking *walking)
{
	for (size_t i = 0; i < evidence->goroutines->list.count; i++) {
		const struct goroutine *goroutine = &evidence->goroutines->list.items[i];
		uint64_t address, place = goroutine->address + (uint64_t)walking->layout->g_defer;
		if (goroutine->deferred_count < MANY_SUSPECT || goroutine->system ||
		    !error_ignore(target_read_u64(walking->pages->target, place, &address)))
			continue;
		TRY(walk_chain(walking, (uint32_t)i, address));
	}
	return NULL;
}

static struct error *defers_read(const struct live_evidence *evidence, void **ret_notes)
{
	struct defer_notes *notes = calloc(1, sizeof(*notes));
	_cleanup_(free_pointer) struct pages *pages = calloc(1, sizeof(*pages));
	struct walking walking = {
		.heap = evidence->heap,
		.layout = &runtime_binary(evidence->heap->runtime)->layout,
		.pages = pages,
		.notes = notes,
	};
	*ret_notes = notes;
	if (!notes || !pages)
		return error_no_memory();
	pages->target = runtime_target(evidence->heap->runtime);
	if (!is_understood(walking.layout))
		return NULL;
	struct error *error = read_chains(evidence, &walking);
	map_deinit(&walking.places);
	return error;
}

static void defers_forget(void *argument)
{
	struct defer_notes *notes = argument;
	deferrals_vector_deinit(&notes->list);
	deferral_vector_deinit(&notes->records);
	free(notes);
}

/* The collector knows the closure by itself: then it is not the record that holds it. */
static uint64_t beside(const struct heap *heap, uint32_t vertex, uint32_t older)
{
	const struct heap_graph *graph = &heap->scan.graph;
	uint32_t holder = library_dominator(heap, vertex);
	uint64_t bytes = 0;
	for (uint32_t i = graph->rows[vertex]; i < graph->rows[vertex + 1]; i++) {
		if (graph->edges[i] == EDGE_NONE || edge_target(graph->edges[i]) == older)
			continue;
		uint32_t target = edge_target(graph->edges[i]);
		if (library_dominator(heap, target) == holder)
			bytes += heap_retained(heap, target);
	}
	return bytes;
}

/* What one record holds counts with the newer one that holds it. */
static void weigh(const struct heap *heap, struct defer_notes *notes)
{
	for (size_t i = 0; i < notes->records.count; i++) {
		const struct deferral *record = &notes->records.items[i];
		struct deferrals *owner = &notes->list.items[record->owner];
		uint32_t older = i + 1 < notes->records.count ? record[1].vertex : VERTEX_NONE;
		if (record->vertex == VERTEX_NONE)
			continue;
		if (owner->newer == VERTEX_NONE ||
		    library_dominator(heap, record->vertex) != owner->newer)
			owner->bytes += heap_retained(heap, record->vertex) +
					beside(heap, record->vertex, older);
		owner->newer = record->vertex;
	}
}

/* Those of all goroutines that one statement has deferred. */
struct statement {
	uint64_t pc;
	uint64_t count;
	uint64_t most; /* of one call */
	uint64_t bytes;
	uint64_t goroutines;
	uint32_t example;
};

DEFINE_VECTOR(statement_vector, struct statement);

static int statement_compare(const void *left, const void *right)
{
	const struct statement *a = left, *b = right;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->pc < b->pc ? -1 : a->pc > b->pc;
}

static struct error *gather(const struct deferrals_vector *list, struct statement_vector *ret)
{
	_cleanup_(map_deinit) struct map places = { 0 };
	for (size_t i = 0; i < list->count; i++) {
		const struct deferrals *deferrals = &list->items[i];
		struct map_slot *slot;
		if (deferrals->count < MANY_SUSPECT)
			continue;
		const struct statement fresh = {
			.pc = deferrals->pc,
			.example = deferrals->goroutine,
		};
		TRY(map_insert(&places, deferrals->pc >> 1, ret->count, &slot));
		if (slot->value == ret->count)
			TRY(statement_vector_append(ret, &fresh));
		struct statement *statement = &ret->items[slot->value];
		statement->count += deferrals->count;
		statement->goroutines++;
		statement->bytes += deferrals->bytes;
		if (deferrals->count > statement->most) {
			statement->most = deferrals->count;
			statement->example = deferrals->goroutine;
		}
	}
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), statement_compare);
	return NULL;
}

static struct error *place_of(const struct live_evidence *evidence, uint64_t pc,
			      struct findings *findings, struct place *ret)
{
	const struct binary *binary = runtime_binary(evidence->heap->runtime);
	struct function function;
	struct function_line lines[FUNCTION_LINES_MAX];
	if (!pc || !binary_function(binary, pc - 1, &function))
		return NULL;
	function_lines(&function, pc - 1, lines);
	const char *name = function_printed_name(lines[0].function, binary->minor,
						 &findings->arena);
	if (!name)
		return error_no_memory();
	*ret = (struct place){ name, lines[0].file, lines[0].line };
	return NULL;
}

static struct error *tell(const struct live_evidence *evidence, const struct statement *statement,
			  struct findings *ret)
{
	const struct goroutine *goroutine = &evidence->goroutines->list.items[statement->example];
	bool likely = statement->most >= MANY_LIKELY;
	char count[QUANTITY_SIZE], most[QUANTITY_SIZE];
	struct finding finding = {
		.rule = RULE_DEFER_IN_LOOP,
		.certainty = likely ? CERTAINTY_LIKELY : CERTAINTY_SUSPECT,
		.count = statement->count,
		.bytes = (int64_t)statement->bytes,
		.growth_per_hour = INT64_MIN,
		.bytes_per_hour = INT64_MIN,
		.created_by = goroutine_creation(goroutine),
		.wait_min_ns = -1,
		.wait_max_ns = -1,
	};
	TRY(place_of(evidence, statement->pc, ret, &finding.place));
	finding.title = findings_text(
		ret, "%s deferred calls of one statement wait for their function to return",
		quantity_count(statement->count, count));
	finding.why =
		statement->goroutines == 1
			? findings_text(
				  ret,
				  "Goroutine %llu is still in the one call that has deferred them all: the defer statement stands in a loop, and what it defers runs when the function ends, not when the round does.",
				  (unsigned long long)goroutine->id)
			: findings_text(
				  ret,
				  "In each of %llu calls that are still going on the statement has deferred up to %s: it stands in a loop, and what it defers runs when the function ends, not when the round does.",
				  (unsigned long long)statement->goroutines,
				  quantity_count(statement->most, most));
	if (!likely)
		finding.settle =
			"Look at what the loop goes over: if that has no bound, neither do these.";
	return finding_vector_append(&ret->list, &finding);
}

static struct error *defers_find(const struct live_evidence *evidence, void *notes,
				 struct findings *ret)
{
	_cleanup_(statement_vector_deinit) struct statement_vector statements = { 0 };
	struct defer_notes *taken = notes;
	if (!taken || !evidence->heap->dominators.count)
		return NULL;
	weigh(evidence->heap, taken);
	TRY(gather(&taken->list, &statements));
	for (size_t i = 0; i < statements.count && i < FINDINGS_MAX; i++)
		TRY(tell(evidence, &statements.items[i], ret));
	return NULL;
}

const struct live_detector live_defers = {
	.read = defers_read,
	.find = defers_find,
	.forget = defers_forget,
};

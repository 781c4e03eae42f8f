/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "base/map.h"
#include "base/text.h"
#include "leak/live/liveness.h"
#include "leak/live/locks_private.h"

/*
 * Cycles of goroutines that wait for each other; one that waits for itself is the shortest. Programs
 * that run into one often run into it many times: those of which all members stand at the same lines
 * and hold what they took at the same lines are told as one. Who waits for a member from outside is
 * its victim, counted and not told apart.
 */
struct knot {
	struct lock_cycle cycle; /* one, of the first component that looks so */
	uint64_t cycles, members, victims;
	int64_t bytes, wait_min_ns, wait_max_ns;
	bool newer; /* some have waited for less, and nobody has noted for how long */
	enum certainty certainty;
	uint32_t chain; /* all of its goroutines, victims too, by knots->chain; LIVENESS_END */
};

typedef struct knot *knot_pointer;
DEFINE_VECTOR(knot_vector, knot_pointer);

struct knots {
	struct locks *locks;
	struct knot_vector list;
	struct map by_looks;
	uint32_t *first; /* by component: a goroutine of it; more by `next` */
	uint32_t *next;
	uint32_t *outside; /* by component: one that waits for a member; more by `next` */
	uint32_t *chain;
};

static void knots_deinit(struct knots *knots)
{
	for (size_t i = 0; i < knots->list.count; i++)
		free(knots->list.items[i]);
	knot_vector_deinit(&knots->list);
	map_deinit(&knots->by_looks);
	free(knots->first);
	free(knots->next);
	free(knots->outside);
	free(knots->chain);
}

static const struct goroutine *goroutine_at(const struct locks *locks, uint32_t index)
{
	return &locks->evidence->goroutines->list.items[index];
}

const struct held_lock *lock_cycle_held(const struct locks *locks, const struct lock_cycle *cycle,
					size_t member)
{
	uint32_t held = cycle->edges[(member + cycle->count - 1) % cycle->count].held;
	return held == WAIT_FOR_NONE ? NULL : &locks->notes->held.list.items[held];
}

static uint64_t hash_place(const struct place *place)
{
	return hash_more(hash_more_text(hash_more_text(0, place->function), place->file),
			 (uint32_t)place->line);
}

/* Equal for cycles of the same places and owners, wherever they are entered. */
static uint64_t looks_of(const struct locks *locks, const struct lock_cycle *cycle)
{
	uint64_t looks = cycle->count;
	for (size_t i = 0; i < cycle->count; i++) {
		const struct goroutine *goroutine = goroutine_at(locks, cycle->edges[i].from);
		const struct held_lock *held = lock_cycle_held(locks, cycle, i);
		struct place place = goroutine_place(goroutine, &locks->evidence->places);
		uint64_t hash = hash_more(hash_place(&place), (uint64_t)goroutine->wait.kind);
		hash = hash_more(hash, goroutine->owner);
		looks += hash_word(hash_more(hash, held ? hash_place(&held->taken) : 0));
	}
	return looks & INT64_MAX;
}

/* Goroutine 1 is no finding, but what it takes part in is one of the others. */
static uint32_t representative(const struct knots *knots, uint32_t component)
{
	uint32_t best = WAIT_FOR_NONE;
	for (uint32_t i = knots->first[component]; i != WAIT_FOR_NONE; i = knots->next[i]) {
		const struct goroutine *goroutine = goroutine_at(knots->locks, i);
		if (goroutine->id == 1 || goroutine->system || goroutine->bubble)
			continue;
		if (best == WAIT_FOR_NONE || goroutine->id < goroutine_at(knots->locks, best)->id)
			best = i;
	}
	return best;
}

/* One that the finding speaks of. */
static void count_in(struct knots *knots, struct knot *knot, uint32_t index, uint64_t *count)
{
	const struct goroutine *goroutine = goroutine_at(knots->locks, index);
	lock_claim(knots->locks, index);
	knots->chain[index] = knot->chain;
	knot->chain = index;
	knot->bytes += (int64_t)goroutine->stack_bytes;
	*count += goroutine->id != 1;
	if (goroutine->id == 1)
		return;
	knot->newer |= goroutine->wait_ns < 0;
	if (goroutine->wait_ns < 0)
		return;
	if (knot->wait_min_ns < 0 || goroutine->wait_ns < knot->wait_min_ns)
		knot->wait_min_ns = goroutine->wait_ns;
	knot->wait_max_ns = MAX(knot->wait_max_ns, goroutine->wait_ns);
}

static enum certainty certainty_of(const struct knots *knots, uint32_t component)
{
	enum certainty certainty = CERTAINTY_PROVED;
	for (uint32_t i = knots->first[component]; i != WAIT_FOR_NONE; i = knots->next[i])
		certainty = MIN(certainty, lock_certainty(knots->locks, &i, 1));
	return certainty;
}

/* Victims of which less is certain are left to others: whoever holds what they wait for is stuck. */
static void count_component(struct knots *knots, struct knot *knot, uint32_t component)
{
	uint32_t i;
	for (i = knots->first[component]; i != WAIT_FOR_NONE; i = knots->next[i])
		count_in(knots, knot, i, &knot->members);
	for (i = knots->outside[component]; i != WAIT_FOR_NONE; i = knots->next[i]) {
		if (lock_certainty(knots->locks, &i, 1) >= knot->certainty)
			count_in(knots, knot, i, &knot->victims);
	}
	knot->cycles++;
}

static struct error *add_component(struct knots *knots, uint32_t component)
{
	struct lock_cycle cycle = { .component = component };
	uint32_t through = representative(knots, component);
	if (through == WAIT_FOR_NONE)
		return NULL;
	cycle.count = wait_for_cycle(&knots->locks->graph, through, cycle.edges, LOCK_CYCLE_MAX);
	if (!cycle.count)
		return NULL;
	/* What is proved of some is told apart from what is likely of others. */
	enum certainty certainty = certainty_of(knots, component);
	uint64_t looks = (looks_of(knots->locks, &cycle) + (uint64_t)certainty) & INT64_MAX;
	struct map_slot *slot;
	TRY(map_insert(&knots->by_looks, looks, knots->list.count, &slot));
	if (slot->value == knots->list.count) {
		struct knot *knot = calloc(1, sizeof(*knot));
		if (!knot)
			return error_no_memory();
		*knot = (struct knot){
			.cycle = cycle,
			.wait_min_ns = -1,
			.wait_max_ns = -1,
			.certainty = certainty,
			.chain = LIVENESS_END,
		};
		struct error *error = knot_vector_append(&knots->list, &knot);
		if (error) {
			free(knot);
			return error;
		}
	}
	struct knot *knot = knots->list.items[slot->value];
	count_component(knots, knot, component);
	return NULL;
}

static struct error *sort_out(struct knots *knots)
{
	const struct wait_for *graph = &knots->locks->graph;
	knots->first = malloc((graph->component_count + (size_t)1) * sizeof(*knots->first));
	knots->next = malloc((graph->count + (size_t)1) * sizeof(*knots->next));
	knots->outside = malloc((graph->component_count + (size_t)1) * sizeof(*knots->outside));
	knots->chain = malloc((graph->count + (size_t)1) * sizeof(*knots->chain));
	if (!knots->first || !knots->next || !knots->outside || !knots->chain)
		return error_no_memory();
	for (uint32_t i = 0; i < graph->component_count; i++)
		knots->first[i] = knots->outside[i] = WAIT_FOR_NONE;
	for (uint32_t i = 0; i < graph->count; i++)
		knots->chain[i] = LIVENESS_END;
	for (uint32_t i = graph->count; i-- > 0;) {
		uint32_t component = graph->component[i];
		if (component != WAIT_FOR_NONE) {
			knots->next[i] = knots->first[component];
			knots->first[component] = i;
		} else if (graph->leads_to[i] != WAIT_FOR_NONE) {
			knots->next[i] = knots->outside[graph->leads_to[i]];
			knots->outside[graph->leads_to[i]] = i;
		}
	}
	return NULL;
}

static struct error *list_members(const struct knots *knots, const struct knot *knot,
				  struct finding *finding)
{
	uint64_t *ids = arena_allocate(&knots->locks->findings->arena,
				       (size_t)finding->count * sizeof(*ids));
	if (!ids)
		return error_no_memory();
	for (uint32_t i = knot->chain; i != LIVENESS_END; i = knots->chain[i]) {
		uint64_t id = goroutine_at(knots->locks, i)->id;
		if (id != 1)
			ids[finding->member_count++] = id;
	}
	finding->members = ids;
	return NULL;
}

static struct error *tell(struct knots *knots, const struct knot *knot, uint64_t held)
{
	struct locks *locks = knots->locks;
	const struct lock_cycle *cycle = &knot->cycle;
	struct findings *findings = locks->findings;
	size_t first = lock_cycle_first(locks, cycle);
	struct finding finding = lock_finding(locks, lock_cycle_rule(locks, cycle),
					      cycle->edges[first].from);
	const char **path = arena_allocate(&findings->arena, cycle->count * sizeof(*path));
	if (!path)
		return error_no_memory();
	for (size_t i = 0; i < cycle->count; i++) {
		size_t member = (first + i) % cycle->count;
		path[i] = lock_member(locks, cycle->edges[member].from,
				      lock_cycle_held(locks, cycle, member));
	}
	finding.path = path;
	finding.path_count = cycle->count;
	finding.count = knot->members + knot->victims;
	TRY(list_members(knots, knot, &finding));
	finding.bytes = knot->bytes + (int64_t)held ? knot->bytes + (int64_t)held : -1;
	finding.wait_min_ns = knot->newer ? -1 : knot->wait_min_ns;
	finding.wait_max_ns = knot->wait_max_ns;
	finding.certainty = knot->certainty;
	lock_cycle_describe(locks, cycle, knot->cycles, knot->members, knot->victims, &finding);
	return finding_vector_append(&findings->list, &finding);
}

/* What they hold alone is lost with them; that is known of those that nobody can wake. */
static struct error *tell_all(struct knots *knots)
{
	_cleanup_(liveness_holding_cleanup) struct liveness_holding *holding = NULL;
	const struct liveness *liveness = knots->locks->evidence->liveness;
	size_t count = knots->list.count;
	if (liveness && count)
		TRY(liveness_holding_create(liveness, &holding));
	for (size_t i = 0; holding && i < count; i++)
		TRY(liveness_hold(holding, knots->chain, knots->list.items[i]->chain,
				  (uint32_t)i + 1));
	for (size_t i = 0; i < count; i++)
		TRY(tell(knots, knots->list.items[i],
			 holding ? liveness_held(holding, (uint32_t)i + 1) : 0));
	return NULL;
}

struct error *locks_find_cycles(struct locks *locks)
{
	_cleanup_(knots_deinit) struct knots knots = { .locks = locks };
	TRY(sort_out(&knots));
	for (uint32_t i = 0; i < locks->graph.component_count; i++)
		TRY(add_component(&knots, i));
	return tell_all(&knots);
}

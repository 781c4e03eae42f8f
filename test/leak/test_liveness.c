/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "leak/live/liveness.h"

/*
 * Which goroutines nobody can wake, on heaps small enough to be understood by trying everything: the
 * definition, done again from the start until nothing changes, against the one search. Objects are
 * sets of bits.
 */
#define OBJECTS    40
#define GOROUTINES 8
#define ROOTS_MAX  20
#define EDGES_MAX  512
#define WAITS_MAX  3
#define BASE       UINT64_C(0x4000000) /* where an arena begins */
#define SLOT       UINT64_C(64)
#define GRAPHS     10000

/* What lies first: descriptors, then the records of waits; and what is left is anything. */
#define RECORD(goroutine, i) (GOROUTINES + (goroutine)*WAITS_MAX + (i))
#define ANYTHING             (GOROUTINES + GOROUTINES * WAITS_MAX)
#define VERTICES             (ANYTHING + OBJECTS)

_Static_assert(VERTICES <= 128, "sets are two words");

typedef unsigned __int128 object_set;

struct small_heap {
	struct heap heap;
	struct goroutines goroutines;
	struct wait_channel channels[GOROUTINES][WAITS_MAX];
	uint32_t rows[VERTICES + ROOTS_MAX + 1];
	uint32_t edges[EDGES_MAX];
	uint32_t edge_count;
	object_set used;
	uint64_t random;
};

static uint32_t any(struct small_heap *small, uint32_t limit)
{
	small->random = small->random * UINT64_C(6364136223846793005) +
			UINT64_C(1442695040888963407);
	return (uint32_t)((small->random >> 33) % limit);
}

static object_set one(uint32_t vertex)
{
	return (object_set)1 << vertex;
}

static uint64_t address_of(uint32_t vertex)
{
	return BASE + vertex * SLOT;
}

static void make_spans(struct small_heap *small)
{
	struct heap_spans *spans = &small->heap.spans;
	const struct heap_span span = {
		.start = BASE,
		.end = BASE + VERTICES * SLOT,
		.slot_size = SLOT,
		.count = VERTICES,
		.inverse = heap_span_inverse(VERTICES, SLOT),
	};
	check_ok(heap_span_vector_append(&spans->list, &span));
	spans->vertex_count = VERTICES;
	spans->low = BASE;
	spans->size = UINT64_C(1) << HEAP_ARENA_BITS;
	check_ok(heap_spans_number(spans));
	if (!spans->used)
		spans->used = calloc(VERTICES / 64 + 1, sizeof(*spans->used));
	assert_non_null(spans->used);
	for (uint32_t i = 0; i < VERTICES; i++) {
		if (i >= ANYTHING && any(small, 12) == 0)
			continue;
		heap_bit_set(spans->used, i);
		small->used |= one(i);
	}
}

/* A pointer to what somebody may wait for, or outside of the heap. */
static uint64_t any_address(struct small_heap *small)
{
	switch (any(small, 30)) {
	case 0:
		return 0x1000; /* a variable's */
	case 1:
		return address_of(any(small, ANYTHING)); /* a wrong one, into the runtime's own */
	default:
		return address_of(ANYTHING + any(small, OBJECTS)) + 8 * any(small, 2);
	}
}

static void make_wait(struct small_heap *small, uint32_t index, struct wait *ret)
{
	static const enum wait_kind kinds[] = {
		WAIT_CHANNEL, WAIT_SELECT, WAIT_MUTEX,       WAIT_COND,         WAIT_WAITGROUP,
		WAIT_SLEEP,   WAIT_NONE,   WAIT_NIL_CHANNEL, WAIT_EMPTY_SELECT,
	};
	/* Most wait for something. */
	*ret = (struct wait){
		.kind = kinds[any(small, any(small, 3) ? 5 : ARRAY_SIZE(kinds))],
		.queued = any(small, 12) != 0,
	};
	if (ret->kind == WAIT_CHANNEL || ret->kind == WAIT_SELECT) {
		ret->channel_count = ret->kind == WAIT_CHANNEL ? 1 : 1 + any(small, WAITS_MAX);
		ret->channels = small->channels[index];
	} else if (ret->kind >= WAIT_MUTEX && ret->kind <= WAIT_WAITGROUP) {
		ret->address = any_address(small);
		ret->record = address_of(RECORD(index, 0));
	}
	for (uint32_t i = 0; i < ret->channel_count; i++)
		ret->channels[i] = (struct wait_channel){
			.address = any_address(small),
			.record = address_of(RECORD(index, i)),
		};
}

static void make_goroutines(struct small_heap *small)
{
	small->goroutines.complete = true;
	for (uint32_t i = 0; i < GOROUTINES; i++) {
		struct goroutine goroutine = {
			.id = i + 1,
			.index = i,
			.address = address_of(i),
			.state = any(small, 10) ? GOROUTINE_WAITING : GOROUTINE_RUNNABLE,
			.system = any(small, 20) == 0,
			.bubble = any(small, 20) == 0,
		};
		make_wait(small, i, &goroutine.wait);
		check_ok(goroutine_vector_append(&small->goroutines.list, &goroutine));
	}
	small->heap.roots.goroutines = &small->goroutines;
}

static void make_roots(struct small_heap *small)
{
	static const enum heap_root_kind kinds[] = { HEAP_ROOT_GLOBAL, HEAP_ROOT_TINY,
						     HEAP_ROOT_WEAK, HEAP_ROOT_FINALIZER };
	for (uint32_t i = 0; i < GOROUTINES; i++) {
		const struct heap_root root = { .kind = HEAP_ROOT_GOROUTINE, .goroutine = i };
		/* Of one that runs, nothing may be known. */
		if (any(small, 10))
			check_ok(heap_root_vector_append(&small->heap.roots.list, &root));
	}
	for (uint32_t i = any(small, 6); i > 0; i--) {
		const struct heap_root root = {
			.kind = kinds[any(small, ARRAY_SIZE(kinds))],
			.address = any_address(small),
			.goroutine = HEAP_NO_GOROUTINE,
		};
		check_ok(heap_root_vector_append(&small->heap.roots.list, &root));
	}
}

static void make_edges(struct small_heap *small)
{
	struct heap_graph *graph = &small->heap.scan.graph;
	uint32_t density = 1 + any(small, 5);
	graph->object_count = VERTICES;
	graph->vertex_count = VERTICES + (uint32_t)small->heap.roots.list.count;
	graph->rows = small->rows;
	graph->edges = small->edges;
	for (uint32_t vertex = 0; vertex < graph->vertex_count; vertex++) {
		graph->rows[vertex] = small->edge_count;
		for (uint32_t i = any(small, density + 1); i > 0 && small->edge_count < EDGES_MAX;
		     i--) {
			uint32_t to = any(small, 5) ? ANYTHING + any(small, OBJECTS)
						    : any(small, ANYTHING);
			graph->edges[small->edge_count++] =
				any(small, 8) ? edge_make(to, any(small, 4) == 0) : EDGE_NONE;
		}
	}
	graph->rows[graph->vertex_count] = small->edge_count;
}

static void small_heap_make(uint64_t seed, struct small_heap *ret)
{
	*ret = (struct small_heap){ .random = seed };
	make_spans(ret);
	make_goroutines(ret);
	make_roots(ret);
	make_edges(ret);
}

static void small_heap_deinit(struct small_heap *small)
{
	heap_spans_deinit(&small->heap.spans);
	heap_root_vector_deinit(&small->heap.roots.list);
	goroutine_vector_deinit(&small->goroutines.list);
}

/* From here on: the definition. The object in use at an address; VERTICES: none. */
static uint32_t object_at(const struct small_heap *small, uint64_t address)
{
	if (address < BASE || address >= BASE + VERTICES * SLOT)
		return VERTICES;
	uint32_t vertex = (uint32_t)((address - BASE) / SLOT);
	return small->used & one(vertex) ? vertex : VERTICES;
}

static bool may_be_suspended(const struct goroutine *goroutine)
{
	const struct wait *wait = &goroutine->wait;
	if (goroutine->state != GOROUTINE_WAITING || goroutine->system || goroutine->bubble ||
	    wait->kind == WAIT_SLEEP || wait->kind == WAIT_NONE)
		return false;
	return wait->kind == WAIT_NIL_CHANNEL || wait->kind == WAIT_EMPTY_SELECT || wait->queued;
}

/* The runtime's own lists: all descriptors, and the records of waits that are understood. */
static object_set runtime_lists(const struct small_heap *small)
{
	object_set set = 0;
	for (uint32_t i = 0; i < GOROUTINES; i++) {
		const struct goroutine *goroutine = &small->goroutines.list.items[i];
		set |= one(i);
		if (!may_be_suspended(goroutine))
			continue;
		if (goroutine->wait.record)
			set |= one(RECORD(i, 0));
		for (uint32_t k = 0; k < goroutine->wait.channel_count; k++)
			set |= one(RECORD(i, k));
	}
	return set;
}

static object_set edges_of(const struct small_heap *small, uint32_t vertex)
{
	object_set set = 0;
	for (uint32_t i = small->rows[vertex]; i < small->rows[vertex + 1]; i++) {
		if (small->edges[i] != EDGE_NONE)
			set |= one(edge_target(small->edges[i]));
	}
	return set & small->used;
}

static object_set at_address(const struct small_heap *small, uint64_t address)
{
	uint32_t vertex = object_at(small, address);
	return vertex == VERTICES ? 0 : one(vertex);
}

static object_set waited_for(const struct small_heap *small, const struct goroutine *goroutine)
{
	object_set set = at_address(small, goroutine->wait.address);
	for (uint32_t i = 0; i < goroutine->wait.channel_count; i++)
		set |= at_address(small, goroutine->wait.channels[i].address);
	return set;
}

/* Something that it waits for is no object of the heap. */
static bool waits_outside(const struct small_heap *small, const struct goroutine *goroutine)
{
	const struct wait *wait = &goroutine->wait;
	bool outside = wait->address && object_at(small, wait->address) == VERTICES;
	for (uint32_t i = 0; i < wait->channel_count; i++)
		outside |= object_at(small, wait->channels[i].address) == VERTICES;
	return outside;
}

static object_set all_reached(const struct small_heap *small, const bool *suspended,
			      object_set nowhere)
{
	object_set reached = 0, before;
	for (uint32_t i = 0; i < small->heap.roots.list.count; i++) {
		const struct heap_root *root = &small->heap.roots.list.items[i];
		bool goroutine = root->kind == HEAP_ROOT_GOROUTINE;
		if (root->kind == HEAP_ROOT_TINY || (goroutine && suspended[root->goroutine]))
			continue;
		reached |= edges_of(small, VERTICES + i);
		if (root->kind == HEAP_ROOT_WEAK)
			reached |= at_address(small, root->address);
		if (goroutine)
			reached |= edges_of(small, root->goroutine) |
				   waited_for(small,
					      &small->goroutines.list.items[root->goroutine]);
	}
	do {
		before = reached;
		for (uint32_t i = 0; i < VERTICES; i++) {
			if ((reached & ~nowhere) & one(i))
				reached |= edges_of(small, i);
		}
	} while (reached != before);
	return reached;
}

static void judge_naively(const struct small_heap *small, bool *ret_suspended, object_set *ret)
{
	object_set nowhere = runtime_lists(small), reached;
	bool changed;
	for (uint32_t i = 0; i < GOROUTINES; i++) {
		const struct goroutine *goroutine = &small->goroutines.list.items[i];
		/* What is no object, or one of the runtime's own, counts as reachable. */
		ret_suspended[i] = may_be_suspended(goroutine) &&
				   !waits_outside(small, goroutine) &&
				   !(waited_for(small, goroutine) & nowhere);
	}
	do {
		changed = false;
		reached = all_reached(small, ret_suspended, nowhere);
		for (uint32_t i = 0; i < GOROUTINES; i++) {
			if (!ret_suspended[i] ||
			    !(waited_for(small, &small->goroutines.list.items[i]) & reached))
				continue;
			ret_suspended[i] = false;
			changed = true;
		}
	} while (changed);
	*ret = reached | nowhere;
}

static void compare(uint64_t seed, struct small_heap *small, uint32_t *verdicts)
{
	_cleanup_(liveness_cleanup) struct liveness *liveness = NULL;
	bool never[GOROUTINES];
	object_set reached;
	judge_naively(small, never, &reached);
	check_ok(liveness_find(&small->heap, &liveness));
	for (uint32_t i = 0; i < GOROUTINES; i++) {
		const struct goroutine *goroutine = &small->goroutines.list.items[i];
		enum liveness_verdict verdict = liveness_of(liveness, goroutine);
		verdicts[verdict]++;
		if ((verdict == LIVENESS_NEVER) != never[i] ||
		    (verdict == LIVENESS_AWAKE) != !may_be_suspended(goroutine))
			fail_msg("seed %llu: goroutine %u is %d", (unsigned long long)seed, i + 1,
				 (int)verdict);
	}
	for (uint32_t i = 0; i < VERTICES; i++) {
		if (small->used & one(i) &&
		    liveness_reaches(liveness, i) != ((reached & one(i)) != 0))
			fail_msg("seed %llu: object %u", (unsigned long long)seed, i);
	}
}

static void it_is_the_definition(void **state)
{
	(void)state;
	uint32_t verdicts[3] = { 0 };
	for (uint64_t seed = 1; seed <= GRAPHS; seed++) {
		struct small_heap small;
		small_heap_make(seed, &small);
		compare(seed, &small, verdicts);
		small_heap_deinit(&small);
	}
	/* A test that meets no such case would say nothing of it. */
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++)
		assert_true(verdicts[i] > GRAPHS / 2);
}

static void check_doubt(struct small_heap *small, bool doubtful)
{
	_cleanup_(liveness_cleanup) struct liveness *liveness = NULL;
	check_ok(liveness_find(&small->heap, &liveness));
	assert_int_equal(liveness_doubt(liveness) != NULL, doubtful);
}

static void what_is_missing_is_no_proof(void **state)
{
	(void)state;
	struct small_heap small;
	small_heap_make(7, &small);
	bool *const missing[] = { &small.goroutines.torn, &small.heap.roots.blind };
	check_doubt(&small, false);
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
		*missing[i] = true;
		check_doubt(&small, true);
		*missing[i] = false;
	}
	small.goroutines.unreadable = 1;
	check_doubt(&small, true);
	small.goroutines.unreadable = 0;
	small.goroutines.complete = false;
	check_doubt(&small, true);
	small.goroutines.complete = true;
	small.heap.warning_count = 1;
	check_doubt(&small, true);
	small.heap.warning_count = 0;
	check_doubt(&small, false);
	small_heap_deinit(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_the_definition),
		cmocka_unit_test(what_is_missing_is_no_proof),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

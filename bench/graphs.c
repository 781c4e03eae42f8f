/* SPDX-License-Identifier: Apache-2.0 */
#include "graphs.h"

#include <assert.h>
#include <string.h>

#include "base/big_array.h"

/* xorshift64*: the same graph every time. */
static uint32_t below(struct bench_graph *made, uint32_t limit)
{
	made->random ^= made->random >> 12;
	made->random ^= made->random << 25;
	made->random ^= made->random >> 27;
	uint64_t high = (made->random * UINT64_C(2685821657736338717)) >> 32;
	return (uint32_t)(high * limit >> 32);
}

static void point(struct bench_graph *made, uint32_t target)
{
	assert(made->edge_count < made->edge_capacity);
	made->graph.edges[made->edge_count++] = edge_make(target, false);
}

/* What was pointed to since the last call is the next vertex's. */
static void next(struct bench_graph *made)
{
	made->graph.rows[++made->row] = (uint32_t)made->edge_count;
}

static void finish(struct bench_graph *made, uint32_t first)
{
	while (made->row < made->graph.object_count)
		next(made);
	point(made, first);
	next(made);
}

static void make_list(struct bench_graph *made, uint32_t count)
{
	for (uint32_t v = 1; v < count; v++) {
		point(made, v);
		next(made);
	}
	finish(made, 0);
}

static void make_shuffled(struct bench_graph *made, uint32_t count)
{
	/* Every vertex's successor, in one cycle (Sattolo); the root cuts it anywhere. */
	uint32_t *edges = made->graph.edges;
	for (uint32_t v = 0; v < count; v++)
		edges[v] = v;
	for (uint32_t v = count; v-- > 1;) {
		uint32_t other = below(made, v), kept = edges[v];
		edges[v] = edges[other];
		edges[other] = kept;
	}
	for (uint32_t v = 0; v < count; v++) {
		point(made, edges[v]);
		next(made);
	}
	finish(made, 0);
}

static void make_pairs(struct bench_graph *made, uint32_t count)
{
	for (uint32_t v = 0; v + 3 < count; v += 2) {
		point(made, v + 2);
		point(made, v + 1);
		next(made);
		next(made);
	}
	finish(made, 0);
}

static void make_wide(struct bench_graph *made, uint32_t count)
{
	for (uint32_t v = 1; v < count; v++)
		point(made, v);
	finish(made, 0);
}

static void make_tree(struct bench_graph *made, uint32_t count)
{
	for (uint32_t v = 0; 2 * v + 2 < count; v++) {
		point(made, 2 * v + 1);
		point(made, 2 * v + 2);
		next(made);
	}
	finish(made, 0);
}

static void make_server(struct bench_graph *made, uint32_t count)
{
	for (uint32_t v = 0; v < count; v++) {
		for (uint32_t left = below(made, 5); left; left--) {
			uint32_t near = v + below(made, 2000);
			bool far = near >= count || !below(made, 20);
			point(made, far ? below(made, count) : near);
		}
		next(made);
	}
	/* A thousand ways in. */
	for (uint32_t i = 0; i < 1000; i++)
		point(made, below(made, count));
	finish(made, 0);
}

static void make_random(struct bench_graph *made, uint32_t count)
{
	for (uint32_t v = 0; v < count; v++) {
		point(made, below(made, count));
		point(made, below(made, count));
		next(made);
	}
	finish(made, 0);
}

static void make_shared(struct bench_graph *made, uint32_t count)
{
	/* Elements, one list, the other, and who points to both. */
	uint32_t third = (count - 1) / 3;
	made->row = third;
	for (uint32_t list = 1; list <= 2; list++) {
		for (uint32_t i = 0; i < third; i++) {
			if (i + 1 < third)
				point(made, list * third + i + 1);
			point(made, i);
			next(made);
		}
	}
	point(made, third);
	point(made, 2 * third);
	next(made);
	finish(made, 3 * third);
}

static void make_ladder(struct bench_graph *made, uint32_t count)
{
	for (uint32_t v = 0; v + 3 < count; v++) {
		uint32_t base = v & ~1u;
		point(made, base + 2);
		point(made, base + 3);
		next(made);
	}
	finish(made, 0);
}

static void make_comb(struct bench_graph *made, uint32_t count)
{
	/* The list, its teeth, and one that points to all teeth and to the list. */
	uint32_t half = (count - 1) / 2;
	for (uint32_t i = 0; i < half; i++) {
		point(made, half + i);
		if (i + 1 < half)
			point(made, i + 1);
		next(made);
	}
	while (made->row < 2 * half)
		next(made);
	for (uint32_t i = 0; i < half; i++)
		point(made, half + i);
	point(made, 0);
	next(made);
	finish(made, 2 * half);
}

static void make_loops(struct bench_graph *made, uint32_t count)
{
	for (uint32_t v = 0; v + 1 < count; v++) {
		point(made, below(made, v + 1));
		point(made, v + 1);
		next(made);
	}
	finish(made, 0);
}

static void make_returns(struct bench_graph *made, uint32_t count)
{
	for (uint32_t v = 0; v + 1 < count; v++) {
		point(made, v + 1);
		next(made);
	}
	for (uint32_t v = 1; v < count; v++)
		point(made, v);
	finish(made, 0);
}

static void make_bottom(struct bench_graph *made, uint32_t count)
{
	uint32_t half = (count - 1) / 2;
	for (uint32_t i = 0; i < 2 * half; i++) {
		if (i >= half)
			point(made, 2 * half - 1 - i);
		if ((i + 1) % half)
			point(made, i + 1);
		next(made);
	}
	point(made, half);
	point(made, 0);
	next(made);
	finish(made, 2 * half);
}

static const struct {
	const char *name;
	void (*make)(struct bench_graph *made, uint32_t count);
} makers[] = {
#define GRAPH(name, what) { #name, make_##name },
	GRAPHS(GRAPH)
#undef GRAPH
};

struct error *bench_graph_create(const char *name, uint32_t count, struct bench_graph *ret)
{
	_cleanup_(bench_graph_deinit) struct bench_graph made = {
		.graph = { .object_count = count, .vertex_count = count + 1 },
		.edge_capacity = 3 * (size_t)count + 2000,
		.random = 88172645463325252,
	};
	TRY(big_array_allocate((size_t)count + 2, sizeof(uint32_t), &made.graph.rows));
	TRY(big_array_allocate(made.edge_capacity, sizeof(uint32_t), &made.graph.edges));
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		if (strcmp(makers[i].name, name) == 0)
			makers[i].make(&made, count);
	if (!made.edge_count)
		return error_new(ERROR_USAGE, "no graph is called %s", name);
	big_array_shrink(made.graph.edges, made.edge_capacity, made.edge_count, sizeof(uint32_t));
	made.edge_capacity = made.edge_count;
	*ret = made;
	made = (struct bench_graph){ 0 };
	return NULL;
}

void bench_graph_deinit(struct bench_graph *made)
{
	big_array_free(made->graph.rows, (size_t)made->graph.vertex_count + 1, sizeof(uint32_t));
	big_array_free(made->graph.edges, made->edge_capacity, sizeof(uint32_t));
}
